import { describe, expect, it } from 'vitest';
import { httpBroker as broker } from '../../support/http-broker.ts';

const M = '/v1/mailboxes/orders';

describe('mailboxes over HTTP', () => {
  it('are made, looked at, taken from under leases, and ended', async () => {
    const { http, time } = await broker();
    const turn = () => time.advance(10);
    const made = http.begin('PUT', M, { topic: 'orders/#', when: 'total >= 1000', attemptsMax: 2 });
    turn();
    expect(http.result(made)).toMatchObject({
      status: 201,
      json: { mailbox: 'orders', topic: 'orders/#', consumers: 0 },
    });
    const again = http.begin('PUT', M, { topic: 'orders/#', when: 'total >= 1000' });
    turn();
    expect(http.result(again).status).toBe(200);
    expect(http.send('PUT', M, { topic: 'other/#' })).toMatchObject({ status: 409, json: { code: 'mailbox_differs' } });

    const published = http.begin('POST', '/v1/topics/orders/1', { total: 1200 });
    turn();
    expect(http.result(published).json).toMatchObject({ matched: 1 });
    expect(http.send('GET', `${M}/entries`).json.entries).toMatchObject([{ seq: 1, data: '{"total":1200}' }]);
    const poll = http.begin('GET', `${M}/events?max=5&wait=1000`);
    turn();
    const [{ lease, data }] = http.result(poll).json.events;
    expect(data).toEqual({ total: 1200 });
    expect(http.send('GET', M).json).toMatchObject({ entries: 1, leased: 1, consumers: 1 });
    expect(http.send('POST', `/v1/leases/${lease.id}:ack`, { token: lease.token }).status).toBe(204);
    expect(http.send('GET', M).json).toMatchObject({ entries: 0 });
    expect(http.send('GET', '/v1/mailboxes').json.mailboxes).toMatchObject([{ mailbox: 'orders' }]);

    const removed = http.begin('DELETE', M);
    turn();
    expect(http.result(removed)).toMatchObject({ status: 200, json: { entries: 0 } });
    expect(http.send('GET', M)).toMatchObject({ status: 404, json: { code: 'mailbox_unknown' } });
    expect(http.send('GET', `${M}/events`)).toMatchObject({ status: 404 });
  });

  it('can be paused, emptied, replayed, and their dead letters put back', async () => {
    const { http, time } = await broker();
    const result = (method: string, path: string, body?: unknown) => {
      const answer = http.begin(method, path, body);
      time.advance(2_000);
      return http.result(answer);
    };
    result('PUT', M, { topic: 'orders/#', attemptsMax: 1, keepMs: 3_600_000 });
    result('POST', '/v1/topics/orders/1', { n: 1 });
    expect(result('PATCH', M, { paused: true }).json).toMatchObject({ paused: true });
    expect(result('GET', `${M}/events?wait=1000`).json.events).toEqual([]);
    result('PATCH', M, { paused: false });
    const [{ lease }] = result('GET', `${M}/events?wait=1000`).json.events;
    result('POST', `/v1/leases/${lease.id}:release`, { token: lease.token });
    result('GET', `${M}/events`);
    expect(result('GET', '/v1/mailboxes/%24dead').json).toMatchObject({ entries: 1 });
    expect(result('POST', '/v1/deadletters:redrive').json).toEqual({ entries: 1, left: 0 });
    const [{ lease: second }] = result('GET', `${M}/events?wait=1000`).json.events;
    result('POST', `/v1/leases/${second.id}:ack`, { token: second.token });
    expect(result('POST', `${M}:replay`, { from: 'beginning' }).json.entries).toBeGreaterThan(0);
    expect(result('POST', `${M}:purge`).json.entries).toBeGreaterThanOrEqual(0);
  });

  it('are left by whoever takes from them by name, when nobody has asked for long', async () => {
    const { http, time } = await broker();
    const made = http.begin('PUT', M, { topic: 'orders/#' });
    time.advance(10);
    http.result(made);
    http.send('GET', `${M}/events`);
    expect(http.send('GET', M).json.consumers).toBe(1);
    time.advance(92_000);
    expect(http.send('GET', M).json.consumers).toBe(0);
  });

  it('can be streamed', async () => {
    const { http, time } = await broker();
    const made = http.begin('PUT', M, { topic: 'orders/#' });
    time.advance(10);
    http.result(made);
    const stream = http.begin('GET', `${M}/stream`);
    const published = http.begin('POST', '/v1/topics/orders/1', { n: 1 });
    time.advance(10);
    http.result(published);
    expect(http.messages(stream)).toMatchObject([{ id: '1', data: { data: { n: 1 }, lease: {}, attempt: 1 } }]);
    http.begin('DELETE', M);
    time.advance(10);
    expect(http.messages(stream).at(-1)).toMatchObject({ event: 'ended', data: { code: 'mailbox_unknown' } });
  });
});

describe('questions over HTTP', () => {
  it('explain, match and the cost of filters are answered as over the native protocol', async () => {
    const { http } = await broker();
    const { json: made } = http.send('PUT', '/v1/subscriptions/s', { topic: 'a', when: 'n > 5' });
    http.send('POST', '/v1/topics/a', { n: 4 });
    const explained = http.send('POST', '/v1/explain', {
      event: { seq: 1 },
      filter: { subscription: made.subscription },
    });
    expect(explained.json.text).toContain('n is 4');
    expect(explained.json.fate).toMatchObject({ kind: 'not_matched' });
    const matched = http.send('POST', '/v1/match', { event: { topic: 'a', data: { n: 6 } } });
    expect(matched.json).toMatchObject({ total: 1, matches: [{ subscription: made.subscription }] });
    expect(http.send('GET', '/v1/filters/cost?filter=a&when=n%20%3E%205').json).toMatchObject({ cost: 'indexed' });
    expect(http.send('GET', '/v1/filters?limit=5').json).toMatchObject({ filters: expect.any(Array) });
    expect(http.send('POST', '/v1/explain', { event: { seq: 99 }, filter: { topic: 'a' } })).toMatchObject({
      status: 404,
    });
    expect(
      http.send('POST', '/v1/explain', { event: { topic: 'a' }, filter: { topic: 'a', when: 'x >' } }).json,
    ).toMatchObject({ code: 'predicate_syntax', offset: 3 });
  });
});

describe('the door', () => {
  it('says what is not there, and which methods are', async () => {
    const { http } = await broker();
    expect(http.send('GET', '/v1/nothing').json).toMatchObject({ status: 404, code: 'path_unknown' });
    const answer = http.send('DELETE', '/v1/topics/a');
    expect([answer.status, answer.headers['Allow']]).toEqual([405, 'POST']);
    expect(http.send('GET', '/nothing').status).toBe(404);
    expect(http.send('POST', '/livez').status).toBe(405);
  });

  it('refuses pages of other origins, and lets those read that are allowed', async () => {
    const { http } = await broker({ originsAllowed: 'https://good.example' });
    const evil = http.send('POST', '/v1/topics/a', 'x', {
      Origin: 'https://evil.example',
      'Content-Type': 'text/plain',
    });
    expect(evil).toMatchObject({ status: 403, json: { code: 'origin_refused' } });
    expect(evil.headers['Access-Control-Allow-Origin']).toBeUndefined();
    const good = http.send('POST', '/v1/topics/a', 'x', { Origin: 'https://good.example' });
    expect([good.status, good.headers['Access-Control-Allow-Origin']]).toEqual([200, 'https://good.example']);
    const asked = http.send('OPTIONS', '/v1/topics/a', undefined, { Origin: 'https://good.example' });
    expect([asked.status, asked.headers['Access-Control-Allow-Methods']]).toEqual([204, 'POST']);
    const stream = http.begin('GET', '/v1/events', undefined, { Origin: 'https://good.example' });
    expect(stream.head?.headers['Access-Control-Allow-Origin']).toBe('https://good.example');
  });
});
