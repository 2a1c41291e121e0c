import { describe, expect, it } from 'vitest';
import { createPages } from '../../../../broker/observe/pages.ts';
import { SUBPROTOCOL } from '../../../../broker/protocol/index.ts';

function pagesWhen({ ready = true } = {}) {
  const metrics = { render: async () => ({ contentType: 'text/x-metrics', body: 'm 1\n' }) };
  return createPages({ metrics, ready: () => ready, version: '1.2.3', node: 'v20.0.0' });
}

describe('pages', () => {
  it('/ says what this is and where its doors are', async () => {
    const page = await pagesWhen()('/');
    expect(page?.status).toBe(200);
    for (const word of ['Tellwhen 1.2.3', SUBPROTOCOL, '/tellwhen', '/metrics', '/livez', '/readyz', '/version']) {
      expect(page?.body).toContain(word);
    }
  });

  it('/ names no door that is not there', async () => {
    const page = pagesWhen();
    const named = (await page('/'))?.body.match(/^ {2}\/\w+/gm) ?? [];
    expect(named.length).toBeGreaterThan(0);
    for (const path of named) expect([path, (await page(path.trim()))?.status]).toEqual([path, 200]);
  });

  it('/metrics are passed on with their content type', async () => {
    expect(await pagesWhen()('/metrics')).toEqual({ status: 200, contentType: 'text/x-metrics', body: 'm 1\n' });
  });

  it('/livez answers even when not ready', async () => {
    expect(await pagesWhen({ ready: false })('/livez')).toMatchObject({ status: 200 });
  });

  it('/readyz is 503 unless new clients are wanted', async () => {
    expect(await pagesWhen({ ready: true })('/readyz')).toMatchObject({ status: 200 });
    expect(await pagesWhen({ ready: false })('/readyz')).toMatchObject({ status: 503 });
  });

  it('/version is JSON, without what is not known', async () => {
    const page = await pagesWhen()('/version');
    expect(page?.contentType).toBe('application/json');
    expect(JSON.parse(page?.body ?? '')).toEqual({ version: '1.2.3', node: 'v20.0.0' });
  });

  it('are not there otherwise', () => {
    for (const path of ['/nothing', '/metrics/', '', '/constructor']) expect(pagesWhen()(path)).toBeUndefined();
  });
});
