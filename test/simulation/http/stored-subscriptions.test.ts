import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../../support/durable-broker.ts';

const S = '/v1/subscriptions/worker';
const M = '/v1/mailboxes/orders';
const WISH = { topic: 'orders/#', when: 'n > 0', mailbox: 'orders', leaseMs: 600_000 };

async function ready() {
  const broker = await DurableBroker.start({ subscriptionLeaseMsMin: 1_000, webhookPrivateAllowed: true });
  const ask = (method: string, path: string, body?: unknown, headers?: { readonly [name: string]: string }) => {
    const client = broker.http();
    const answer = client.begin(method, path, body, headers);
    broker.time.advance(20);
    return client.result(answer);
  };
  return { broker, ask };
}

describe('a subscription over HTTP that takes from a mailbox', () => {
  it('is there after a crash, with its predicate, and what waits for it', async () => {
    const { broker, ask } = await ready();
    const made = ask('PUT', S, WISH);
    expect(made.status).toBe(201);
    ask('PATCH', S, { when: 'n > 5' });
    for (const n of [1, 6]) ask('POST', '/v1/topics/orders/1', { n });
    await broker.restart();
    expect(ask('GET', S)).toMatchObject({ status: 200, json: { mailbox: 'orders', when: 'n > 5' } });
    broker.time.advance(10_000);
    const { events } = ask('GET', `${S}/events?wait=10`).json;
    expect(events).toMatchObject([{ data: { n: 6 } }]);
    expect(ask('POST', `/v1/leases/${events[0].lease.id}:ack`, { token: events[0].lease.token }).status).toBe(204);
    expect(ask('GET', M).json.entries).toBe(0);
  });

  it('has another ETag after a crash than any it had before', async () => {
    const { broker, ask } = await ready();
    const before = ask('PUT', S, WISH).headers['ETag'] ?? '';
    await broker.restart();
    expect(ask('GET', S).headers['ETag']).not.toBe(before);
    expect(ask('DELETE', S, undefined, { 'If-Match': before }).status).toBe(412);
  });

  it('is not there after a crash where it was deleted', async () => {
    const { broker, ask } = await ready();
    ask('PUT', S, WISH);
    expect(ask('DELETE', S).status).toBe(204);
    await broker.restart();
    expect(ask('GET', S).status).toBe(404);
    expect(ask('GET', M).status).toBe(200);
  });

  it('can be deleted where the broker has started without it, as when what it asks for is not allowed any more', async () => {
    const { broker, ask } = await ready();
    ask('PUT', S, { ...WISH, deliveryLeaseMs: 60_000, ack: 'explicit', sink: 'http://127.0.0.1:9/' });
    await broker.restart({ webhookPrivateAllowed: false });
    expect(ask('GET', S).status).toBe(404);
    expect(ask('DELETE', S).status).toBe(204);
    expect(ask('DELETE', S).status).toBe(404);
    await broker.restart();
    expect(ask('GET', S).status).toBe(404);
  });

  it('is not there after a crash where another that is not stored took its place', async () => {
    const { broker, ask } = await ready();
    ask('PUT', S, WISH);
    ask('PUT', S, { topic: 'elsewhere' });
    await broker.restart();
    expect(ask('GET', S).status).toBe(404);
  });

  it('leaves its mailbox while nobody asks, and is back when somebody does', async () => {
    const { broker, ask } = await ready();
    ask('PUT', S, WISH);
    broker.time.advance(100_000);
    expect(ask('GET', M).json.consumers).toBe(0);
    expect(ask('GET', '/v1/subscriptions').json.subscriptions).toMatchObject([{ id: 'worker', mailbox: 'orders' }]);
    ask('POST', '/v1/topics/orders/1', { n: 1 });
    expect(ask('GET', `${S}/events?wait=10`).json.events).toMatchObject([{ data: { n: 1 } }]);
    expect(ask('GET', M).json.consumers).toBe(1);
  });

  it('is over, also after a crash, when the lease of its mailbox has ended', async () => {
    const { broker, ask } = await ready();
    ask('PUT', S, { ...WISH, leaseMs: 10_000 });
    broker.time.advance(120_000);
    expect(ask('GET', M).status).toBe(404);
    expect(ask('GET', S).status).toBe(404);
    await broker.restart();
    expect(ask('GET', S).status).toBe(404);
    expect(ask('GET', M).status).toBe(404);
  });

  it('is over when its mailbox is removed', async () => {
    const { broker, ask } = await ready();
    ask('PUT', S, WISH);
    ask('DELETE', M);
    await broker.restart();
    expect(ask('GET', S).status).toBe(404);
  });
});
