import { describe, expect, it } from 'vitest';
import type { Quake } from '../../../../../../client/cli/commands/demo/quakes.ts';
import { parseSpeed, replay } from '../../../../../../client/cli/commands/demo/replay.ts';
import { UsageError } from '../../../../../../client/cli/usage-error.ts';
import { type Client, type Publication, TellwhenError } from '../../../../../../client/index.ts';

const quakes = Array.from({ length: 250 }, (_, n) => ({ id: `q${n}`, topic: 't', time: n, data: {} }) as Quake);
const never = new AbortController().signal;
const receipt = { seq: 1, matched: 0, durable: false, unreadable: false };

function publisher(answer: (event: Publication) => unknown = () => receipt): { client: Client; ids: unknown[] } {
  const ids: unknown[] = [];
  const publishBatch = async (events: readonly Publication[]) => {
    ids.push(...events.map(({ id }) => id));
    return events.map(answer);
  };
  return { client: { publishBatch } as unknown as Client, ids };
}

describe('parseSpeed', () => {
  it.each([
    ['60000x', 60_000],
    ['1.5', 1.5],
    ['max', Number.POSITIVE_INFINITY],
  ])('%s is %d', (text, speed) => {
    expect(parseSpeed(text)).toBe(speed);
  });

  it.each(['', '0', 'x', '-1x', 'fast', 'Infinity'])('refuses "%s"', (text) => {
    expect(() => parseSpeed(text)).toThrow(UsageError);
  });
});

describe('replay', () => {
  it('publishes each quake once, in order, and tells how far it is', async () => {
    const { client, ids } = publisher();
    const counts: number[] = [];
    const published = (count: number): void => void counts.push(count);
    await replay(client, quakes, { speed: Number.POSITIVE_INFINITY, signal: never, published });
    expect(ids).toEqual(quakes.map(({ id }) => id));
    expect(counts).toEqual([100, 200, 250]);
  });

  it('waits for what is not due', async () => {
    const { client, ids } = publisher();
    const stop = new AbortController();
    const far = [...quakes.slice(0, 1), { ...quakes[1], time: 1e9 } as Quake];
    await replay(client, far, { speed: 1, signal: stop.signal, published: () => stop.abort() });
    expect(ids).toEqual(['q0']);
  });

  it('fails with the first refusal', async () => {
    const { client } = publisher(() => new TellwhenError('rate_limited', 'too fast'));
    const options = { speed: Number.POSITIVE_INFINITY, signal: never, published: () => {} };
    await expect(replay(client, quakes, options)).rejects.toThrow('too fast');
  });
});
