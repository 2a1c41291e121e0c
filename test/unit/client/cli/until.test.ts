import { describe, expect, it, vi } from 'vitest';
import { EXIT } from '../../../../client/cli/exit-codes.ts';
import { exitAt, Until } from '../../../../client/cli/until.ts';

async function* forever(): AsyncGenerator<number> {
  for (let n = 1; ; n++) yield n;
}

/** Never yields, as a quiet subscription. */
const silence: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };

const never = new AbortController().signal;

describe('Until', () => {
  it('ends at the count, and takes no more than that', async () => {
    const until = new Until({ stop: never, count: 3 });
    const taken: number[] = [];
    for await (const n of until.take(forever())) {
      taken.push(n);
      until.counted();
    }
    expect(taken).toEqual([1, 2, 3]);
    expect(until.end).toBe('count');
  });

  it('ends by time while nothing comes', async () => {
    vi.useFakeTimers();
    try {
      const until = new Until({ stop: never, timeoutMs: 50 });
      const next = until.take(silence).next();
      vi.advanceTimersByTime(50);
      expect(await next).toEqual({ done: true, value: undefined });
      expect(until.end).toBe('timeout');
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends at the user’s wish, before and while it waits', async () => {
    const stop = new AbortController();
    const until = new Until({ stop: stop.signal });
    const next = until.take(silence).next();
    stop.abort();
    expect((await next).done).toBe(true);
    expect(until.end).toBe('stopped');
    expect(new Until({ stop: stop.signal }).signal.aborted).toBe(true);
  });

  it('ends with the sequence, and with its error', async () => {
    const until = new Until({ stop: never });
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('lost');
    }
    const items = until.take(broken());
    expect(await items.next()).toEqual({ done: false, value: 1 });
    await expect(items.next()).rejects.toThrow('lost');
    expect(until.end).toBe('ended');
  });

  it('keeps the first end', () => {
    const stop = new AbortController();
    const until = new Until({ stop: stop.signal, count: 1 });
    until.counted();
    stop.abort();
    expect(until.end).toBe('count');
  });

  it('leaves no timer and no listener behind', () => {
    vi.useFakeTimers();
    try {
      const until = new Until({ stop: never, timeoutMs: 50 });
      until.dispose();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('exitAt', () => {
  it('has a code of its own only for a count not reached in time', () => {
    expect(exitAt('timeout', 3)).toBe(EXIT.timeout);
    expect(exitAt('timeout', undefined)).toBe(EXIT.ok);
    expect(exitAt('stopped', 3)).toBe(EXIT.ok);
    expect(exitAt('count', 3)).toBe(EXIT.ok);
  });
});
