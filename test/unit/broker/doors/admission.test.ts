import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../../../broker/doors/admission.ts';
import { Origins } from '../../../../broker/doors/origins.ts';

const admit = createAdmission({
  doors: [
    { protocol: 'one.1', paths: ['/', '/one'] },
    { protocol: 'two', paths: ['/two'] },
  ],
  origins: new Origins('https://good.example'),
});

function answerTo(wish: { path?: string; protocols?: string[]; origin?: string; host?: string }) {
  const { path = '/', protocols = ['one.1'], origin, host = 'broker.example:8355' } = wish;
  const headers = new Map([['host', host], ...(origin === undefined ? [] : [['origin', origin] as const])]);
  return admit({ path, protocols, headers, remote: '192.0.2.1' });
}

describe('admission', () => {
  it('lets in who offers the subprotocol of the path, among others', () => {
    expect(answerTo({ protocols: ['mqtt', 'one.1'] })).toEqual({ protocol: 'one.1' });
    expect(answerTo({ path: '/one' })).toEqual({ protocol: 'one.1' });
    expect(answerTo({ path: '/two', protocols: ['two'] })).toEqual({ protocol: 'two' });
  });

  it('names the subprotocol to whoever offers none or another', () => {
    for (const protocols of [[], ['two']]) {
      expect(answerTo({ protocols })).toMatchObject({
        status: 400,
        body: expect.stringMatching(/^protocol_unsupported: .*one\.1/),
      });
    }
  });

  it('is nowhere else', () => {
    expect(answerTo({ path: '/elsewhere' })).toMatchObject({ status: 404 });
  });

  it('looks at where the page is from, before anything is said of subprotocols', () => {
    expect(answerTo({ origin: 'https://evil.example' })).toMatchObject({ status: 403 });
    expect(answerTo({ origin: 'https://evil.example', protocols: [] })).toMatchObject({ status: 403 });
    expect(answerTo({ origin: 'https://good.example' })).toEqual({ protocol: 'one.1' });
  });
});
