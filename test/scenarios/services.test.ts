import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Client, connect, defineService, ServiceError } from '../../client/index.ts';
import { type BrokerProcess, startBrokerProcess } from '../support/processes.ts';

let broker: BrokerProcess;
const clients: Client[] = [];
beforeAll(async () => {
  broker = await startBrokerProcess();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
});

async function client(): Promise<Client> {
  const made = await connect(broker.url);
  clients.push(made);
  return made;
}

/** A validator of no library. */
function positive(value: unknown): number {
  if (typeof value === 'number' && value > 0) return value;
  throw new Error(`a number above 0, not ${String(value)}`);
}

const methods = {
  book: { input: z.object({ room: z.string(), hours: z.number().int() }), output: z.object({ number: z.number() }) },
  half: { input: positive, output: positive },
  upTo: { input: positive, output: z.number(), stream: true },
} as const;
const rooms = defineService({ name: 'rooms', version: 1, methods });

const handlers = {
  book: ({ hours }: { readonly hours: number }) => ({ number: 100 + hours }),
  half: (n: number) => n / 2,
  async *upTo(n: number) {
    for (let i = 1; i <= n; i++) yield i;
  },
};

describe('a service', () => {
  it('is called by its methods, with the types of its definition', async () => {
    await rooms.serve(await client(), handlers);
    const proxy = rooms.client(await client(), { timeoutMs: 5_000 });
    const booked: { number: number } = await proxy.book({ room: 'blue', hours: 2 });
    expect(booked).toEqual({ number: 102 });
    expect(await proxy.half(3)).toBe(1.5);
    const parts: number[] = [];
    for await (const part of proxy.upTo(3)) parts.push(part);
    expect(parts).toEqual([1, 2, 3]);
  });

  it('checks arguments where they are sent, and where they arrive', async () => {
    await rooms.serve(await client(), handlers);
    const asker = await client();
    const wrong = { room: 'blue', hours: 1.5 };
    const here = await rooms
      .client(asker)
      .book(wrong)
      .catch((error) => error);
    expect(here).toBeInstanceOf(ServiceError);
    expect(here).toMatchObject({ code: 'arguments_invalid', data: [{ path: 'hours' }] });
    const there = await asker.request('rooms/book', wrong, { attributes: { version: 1 } }).catch((error) => error);
    expect(there).toMatchObject({ code: 'arguments_invalid', data: [{ path: 'hours' }] });
    const noJson = await asker
      .request('rooms/book', new Uint8Array([255]), { attributes: { version: 1 } })
      .catch((error) => error);
    expect(noJson).toMatchObject({ code: 'arguments_invalid' });
  });

  it('checks results where they are made, and where they arrive', async () => {
    const wrong = { ...handlers, half: () => -1 };
    await rooms.serve(await client(), wrong);
    const asker = await client();
    await expect(rooms.client(asker).half(2)).rejects.toMatchObject({ code: 'result_invalid' });
    const lying = defineService({ name: 'lies', version: 1, methods: { half: { input: positive, output: Number } } });
    const trusting = defineService({ name: 'lies', version: 1, methods: { half: methods.half } });
    await lying.serve(await client(), { half: () => -1 });
    await expect(trusting.client(asker).half(2)).rejects.toMatchObject({
      code: 'result_invalid',
      message: expect.stringContaining('a number above 0'),
    });
  });

  it('is chosen by its version, and a server says which it can serve', async () => {
    const second = defineService({ name: 'rooms', version: 2, methods });
    const third = defineService({ name: 'rooms', version: 3, methods });
    await rooms.serve(await client(), { ...handlers, half: () => 1 });
    await third.serve(await client(), { ...handlers, half: () => 3 }, { when: '$attr.version >= 2' });
    const asker = await client();
    expect(await rooms.client(asker).half(9)).toBe(1);
    expect(await second.client(asker).half(9)).toBe(3);
    expect(await third.client(asker).half(9)).toBe(3);
    await expect(asker.request('rooms/half', 9)).rejects.toMatchObject({ code: 'no_responders' });
    await expect(asker.request('rooms/none', 9, { attributes: { version: 1 } })).rejects.toMatchObject({
      code: 'method_unknown',
    });
  });

  it('is refused where its definition makes no sense', () => {
    const define = (fields: object) => () => defineService({ name: 'a', version: 1, methods: {}, ...fields });
    expect(define({ name: 'a/#' })).toThrow(/beginning of a topic/);
    expect(define({ version: 0 })).toThrow(/whole number from 1/);
    expect(define({ methods: { 'a/b': methods.half } })).toThrow(/no name of a method/);
    expect(define({ methods: { a: { input: 5, output: positive } } })).toThrow(/Standard Schema or a function/);
  });
});
