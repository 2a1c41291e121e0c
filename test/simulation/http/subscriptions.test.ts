import { CloudEvent } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { httpBroker as broker } from '../../support/http-broker.ts';

const S = '/v1/subscriptions/s';

describe('PUT /v1/subscriptions/{id}', () => {
  it('makes one, with an ETag and what it costs; the same once more changes nothing that waits', async () => {
    const { http } = await broker();
    const made = http.send('PUT', S, { topic: 'a/#', when: 'n > 1' });
    expect(made).toMatchObject({
      status: 201,
      json: {
        id: 's',
        topic: 'a/#',
        when: 'n > 1',
        cost: 'indexed',
        mode: 'push',
        ack: 'explicit',
        leaseMs: expect.any(Number),
      },
    });
    http.send('POST', '/v1/topics/a/b', { n: 2 });
    const again = http.send('PUT', S, { topic: 'a/#', when: 'n > 1' });
    expect(again).toMatchObject({ status: 200, json: { subscription: made.json.subscription } });
    expect(again.headers['ETag']).not.toBe(made.headers['ETag']);
    expect(http.send('GET', `${S}/events`).json.events).toHaveLength(1);
    const seen = http.send('GET', S);
    expect([seen.headers['ETag'], seen.json]).toEqual([again.headers['ETag'], again.json]);
    expect(http.send('GET', '/v1/subscriptions').json.subscriptions).toEqual([seen.json]);
  });

  it('puts another predicate on it between two events, and anything else makes it anew', async () => {
    const { http } = await broker();
    const { json: first } = http.send('PUT', S, { topic: 'a', when: 'n > 1' });
    http.send('POST', '/v1/topics/a', { n: 2 });
    expect(http.send('PUT', S, { topic: 'a', when: 'n < 1' }).json.subscription).toBe(first.subscription);
    http.send('POST', '/v1/topics/a', { n: 3 });
    http.send('POST', '/v1/topics/a', { n: 0 });
    const events: { data: { n: number } }[] = http.send('GET', `${S}/events`).json.events;
    expect(events.map(({ data }) => data.n)).toEqual([2, 0]);
    expect(http.send('PUT', S, { topic: 'b', when: 'n < 1' }).json.subscription).not.toBe(first.subscription);
    expect(http.send('POST', '/v1/topics/a', { n: 0 }).json.matched).toBe(0);
  });

  it('leaves what was there when the new one is refused', async () => {
    const { http } = await broker();
    http.send('PUT', S, { topic: 'a' });
    expect(http.send('PUT', S, { topic: 'a', when: 'n >' }).json).toMatchObject({
      code: 'predicate_syntax',
      offset: 3,
    });
    expect(http.send('PUT', S, { topic: '#/a' }).json).toMatchObject({ code: 'topic_filter_invalid' });
    expect(http.send('POST', '/v1/topics/a', {}).json.matched).toBe(1);
  });

  it('keeps to If-Match and If-None-Match', async () => {
    const { http } = await broker();
    const body = { topic: 'a' };
    expect(http.send('PUT', S, body, { 'If-Match': '*' })).toMatchObject({ status: 412 });
    const { headers } = http.send('PUT', S, body, { 'If-None-Match': '*' });
    expect(http.send('PUT', S, body, { 'If-None-Match': '*' })).toMatchObject({ status: 412 });
    const tag = headers['ETag'] ?? '';
    expect(http.send('PATCH', S, { when: 'n > 1' }, { 'If-Match': tag })).toMatchObject({ status: 200 });
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const answer = http.send(method, S, method === 'DELETE' ? undefined : {}, { 'If-Match': tag });
      expect([method, answer.status, answer.json.code]).toEqual([method, 412, 'precondition_failed']);
    }
    expect(
      http.send('DELETE', S, undefined, { 'If-Match': `"x", ${http.send('GET', S).headers['ETag']}` }).status,
    ).toBe(204);
    expect(http.send('GET', S)).toMatchObject({ status: 404, json: { code: 'subscription_unknown' } });
  });

  it.each([
    [{ topic: 'a', nonsense: 1 }, 400, 'request_malformed'],
    [{ topic: 5 }, 400, 'request_malformed'],
    [{ mode: 'pull', ack: 'none' }, 409, 'subscription_mode'],
    [{ topic: 'a', ageMs: 5 }, 409, 'subscription_mode'],
    [{ leaseMs: 1 }, 400, 'lease_ttl_range'],
    [{ mailbox: 'none-of-this-name' }, 404, 'mailbox_unknown'],
    [{ when: 'a', filters: [{ exact: { type: 'x' } }] }, 400, 'request_malformed'],
    [{ sink: 'ftp://example.com' }, 400, 'request_malformed'],
    [{ sink: 'http://127.0.0.1:1/' }, 422, 'sink_refused'],
    [{ sink: 'http://2130706433/' }, 422, 'sink_refused'],
    [{ sink: 'http://[::ffff:10.0.0.1]/' }, 422, 'sink_refused'],
    [{ sink: 'http://user:secret@example.com/' }, 422, 'sink_refused'],
    [{ sink: 'https://example.com/', mode: 'pull' }, 400, 'request_malformed'],
  ])('refuses %j', async (body, status, code) => {
    const { http, metric } = await broker();
    const answer = http.send('PUT', S, body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(await metric('tellwhen_sessions{state="attached"}')).toBe(0);
  });

  it('refuses a body that is no JSON, or of another type, and a name that cannot be one', async () => {
    const { http } = await broker();
    expect(http.send('PUT', S, '{').json.code).toBe('request_malformed');
    expect(http.send('PUT', S, '{}', { 'Content-Type': 'text/xml' })).toMatchObject({ status: 415 });
    expect(http.send('PUT', `/v1/subscriptions/${'x'.repeat(129)}`, {}).json.code).toBe('request_malformed');
    expect(http.send('PUT', '/v1/subscriptions/a%2Fb', {}).json.code).toBe('request_malformed');
  });
});

describe('the life of a subscription', () => {
  it('ends with its lease while nobody reads, and not before', async () => {
    const { http, time, metric } = await broker();
    http.send('PUT', S, { topic: 'a', leaseMs: 10_000 });
    time.advance(8_000);
    http.send('GET', `${S}/events`);
    time.advance(8_000);
    expect(http.send('GET', S).status).toBe(200);
    const stream = http.begin('GET', `${S}/stream`);
    time.advance(60_000);
    expect(http.send('GET', S).status).toBe(200);
    http.leave(stream);
    time.advance(13_000);
    expect(http.send('GET', S).status).toBe(404);
    expect(await metric('tellwhen_sessions{state="attached"}')).toBe(0);
    expect(await metric('tellwhen_subscriptions{mode="push"}')).toBe(0);
  });

  it('can be prolonged', async () => {
    const { http, time } = await broker();
    http.send('PUT', S, { topic: 'a', leaseMs: 10_000 });
    expect(http.send('PATCH', S, { leaseMs: 100_000 })).toMatchObject({ status: 200 });
    time.advance(80_000);
    expect(http.send('GET', S).status).toBe(200);
  });

  it('counts as a session, of which there are only so many', async () => {
    const { http } = await broker({ sessionsMax: 1 });
    http.send('PUT', S, {});
    expect(http.send('PUT', '/v1/subscriptions/t', {})).toMatchObject({ status: 429, json: { code: 'session_limit' } });
    http.send('DELETE', S);
    expect(http.send('PUT', '/v1/subscriptions/t', {}).status).toBe(201);
  });
});

describe('GET …/events', () => {
  it('gives what there is, each under a lease, and not more than asked for', async () => {
    const { http } = await broker();
    http.send('PUT', S, { topic: 'a' });
    for (let n = 1; n <= 5; n++) http.send('POST', '/v1/topics/a', { n });
    const { json } = http.send('GET', `${S}/events?max=2`);
    expect(json.gaps).toEqual([]);
    expect(json.events).toMatchObject([
      { seq: 1, topic: 'a', data: { n: 1 }, attempt: 1, lease: { remainingMs: expect.any(Number) } },
      { seq: 2, data: { n: 2 } },
    ]);
    expect(http.send('GET', `${S}/events`).json.events).toHaveLength(3);
    expect(http.send('GET', `${S}/events`).json.events).toEqual([]);
  });

  it('waits for the first one, and takes those that come with it', async () => {
    const { http, greeted, time } = await broker();
    const peer = greeted();
    http.send('PUT', S, { topic: 'a', ack: 'none' });
    const poll = http.begin('GET', `${S}/events?wait=30000`);
    time.advance(10_000);
    expect(poll.head).toBeUndefined();
    peer.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
    expect(http.result(poll).json.events).toHaveLength(2);
    const vain = http.begin('GET', `${S}/events?wait=30000`);
    time.advance(30_000);
    expect(http.result(vain).json).toEqual({ events: [], gaps: [] });
    expect(http.send('GET', `${S}/events?wait=60001`).status).toBe(400);
  });

  it('shares events among those who wait at once', async () => {
    const { http, greeted } = await broker();
    http.send('PUT', S, { topic: 'a' });
    const [one, other] = [1, 2].map(() => http.begin('GET', `${S}/events?wait=30000&max=1`));
    greeted().publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
    const seqs = [one, other].map((poll) => poll && http.result(poll).json.events[0].seq);
    expect(seqs).toEqual([1, 2]);
  });

  it('gives back what somebody took who has gone, at once', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    http.send('PUT', S, { topic: 'a' });
    const poll = http.begin('GET', `${S}/events?wait=30000`);
    http.leave(poll);
    peer.publish({ topic: 'a', data: 1 });
    expect(http.send('GET', `${S}/events`).json.events).toMatchObject([{ seq: 1, attempt: 1 }]);
  });

  it('tells of drops', async () => {
    const { http, greeted } = await broker();
    http.send('PUT', S, { topic: 'a', ack: 'none', queueEvents: 2 });
    const peer = greeted();
    for (let n = 1; n <= 5; n++) peer.publish({ topic: 'a', data: n });
    const { json } = http.send('GET', `${S}/events`);
    expect(json.gaps).toMatchObject([{ reason: 'overflow_oldest', count: 3, seq: 3 }]);
    expect(json.events).toMatchObject([{ seq: 4, data: 4 }, { seq: 5 }]);
    expect(json.events[0].lease).toBeUndefined();
  });

  it('gives CloudEvents in a batch, with the lease in attributes', async () => {
    const { http } = await broker();
    http.send('PUT', S, { topic: 'a' });
    http.send('POST', '/v1/topics/a', { n: 1 });
    const { headers, json } = http.send('GET', `${S}/events?format=cloudevents`);
    expect(headers['Content-Type']).toBe('application/cloudevents-batch+json');
    expect(json).toMatchObject([{ specversion: '1.0', data: { n: 1 }, tellwhenattempt: 1, tellwhentopic: 'a' }]);
    // The npm package refuses what breaks a rule of the specification.
    expect(new CloudEvent(json[0]).data).toEqual({ n: 1 });
    const [{ tellwhenleaseid: id, tellwhenleasetoken: token }] = json;
    expect(http.send('POST', `/v1/leases/${id}:ack`, { token: Number(token) }).status).toBe(204);
  });

  it('of a pull subscription gives the events of which it was notified, or one by its seq', async () => {
    const { http } = await broker();
    http.send('PUT', S, { topic: 'a', mode: 'pull' });
    http.send('POST', '/v1/topics/a', { n: 1 });
    expect(http.send('GET', `${S}/events?leaseMs=5000`).json.events).toMatchObject([
      { seq: 1, data: { n: 1 }, attempt: 1, lease: { remainingMs: 5_000 } },
    ]);
    const stream = http.begin('GET', `${S}/stream`);
    http.send('POST', '/v1/topics/a', { n: 2 });
    expect(http.messages(stream)).toMatchObject([{ event: 'notice', data: { seq: 2, topic: 'a' } }]);
    expect(http.send('GET', `${S}/events/2`).json).toMatchObject({ seq: 2, data: { n: 2 }, attempt: 1 });
    expect(http.send('GET', `${S}/events/2`)).toMatchObject({ status: 409, json: { code: 'event_leased' } });
    expect(http.send('GET', `${S}/events/9`)).toMatchObject({ status: 404, json: { code: 'event_unknown' } });
  });
});

describe('POST /v1/leases/{id}:…', () => {
  async function leased() {
    const all = await broker();
    all.http.send('PUT', S, { topic: 'a' });
    all.http.send('POST', '/v1/topics/a', { n: 1 });
    const { lease } = all.http.send('GET', `${S}/events`).json.events[0] as { lease: { id: number; token: number } };
    return { ...all, lease };
  }

  it('ack: it is dealt with, once', async () => {
    const { http, time, lease } = await leased();
    expect(http.send('POST', `/v1/leases/${lease.id}:ack`, { token: lease.token }).status).toBe(204);
    expect(http.send('POST', `/v1/leases/${lease.id}:ack`, { token: lease.token })).toMatchObject({
      status: 409,
      json: { code: 'lease_settled' },
    });
    time.advance(100_000);
    expect(http.send('GET', `${S}/events`).json.events).toEqual([]);
  });

  it('release: it comes again, after its rest', async () => {
    const { http, time, lease } = await leased();
    http.send('POST', `/v1/leases/${lease.id}:release`, { token: lease.token, delayMs: 5_000 });
    expect(http.send('GET', `${S}/events`).json.events).toEqual([]);
    time.advance(5_200);
    expect(http.send('GET', `${S}/events`).json.events).toMatchObject([{ seq: 1, attempt: 2 }]);
  });

  it('extend: it lasts longer; without, it ends and comes again, and the old token is stale', async () => {
    const { http, time, lease } = await leased();
    const extended = http.send('POST', `/v1/leases/${lease.id}:extend`, { token: lease.token, leaseMs: 100_000 });
    expect(extended.json).toEqual({ id: lease.id, token: lease.token, remainingMs: 100_000 });
    time.advance(90_000);
    expect(http.send('GET', `${S}/events`).json.events).toEqual([]);
    time.advance(20_000);
    expect(http.send('GET', `${S}/events`).json.events).toMatchObject([{ attempt: 2 }]);
    expect(http.send('POST', `/v1/leases/${lease.id}:ack`, { token: lease.token })).toMatchObject({
      status: 409,
      json: { code: 'lease_superseded' },
    });
    expect(http.send('POST', `/v1/leases/${lease.id}:extend`, { token: lease.token }).status).toBe(400);
  });

  it('are no way to the leases of other doors', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    peer.subscribe({ topic: 'a', ack: 'explicit' });
    http.send('POST', '/v1/topics/a', {});
    const [event] = peer.take('event');
    const lease = event?.['lease'] as { id: number; token: number };
    expect(http.send('POST', `/v1/leases/${lease.id}:ack`, { token: lease.token })).toMatchObject({
      status: 403,
      json: { code: 'lease_not_owner' },
    });
    expect(http.send('POST', '/v1/leases/9999:ack', { token: 1 }).status).toBe(404);
  });
});

describe('CloudEvents filters', () => {
  it('select events as the dialects say', async () => {
    const { http } = await broker();
    const put = (filters: unknown) => http.send('PUT', S, { ack: 'none', filters });
    const event = {
      specversion: '1.0',
      id: '1',
      source: '/a/b',
      type: 'com.x',
      subject: "it's \\ \n",
      n: 5,
      data: { t: 31 },
    };
    const matched = (filters: unknown): number => {
      expect(put(filters).status).toBeLessThan(300);
      const headers = { 'Content-Type': 'application/cloudevents+json' };
      return http.send('POST', '/v1/topics/x?ttlMs=1', { ...event, id: JSON.stringify(filters) }, headers).json.matched;
    };
    expect(matched([{ exact: { type: 'com.x', source: '/a/b' } }])).toBe(1);
    expect(matched([{ exact: { type: 'com.x', source: '/a' } }])).toBe(0);
    expect(matched([{ exact: { subject: event.subject } }])).toBe(1);
    expect(matched([{ exact: { n: '5' } }])).toBe(1);
    expect(matched([{ prefix: { type: 'com.' } }, { suffix: { source: '/b' } }])).toBe(1);
    expect(matched([{ prefix: { type: 'org.' } }, { suffix: { source: '/b' } }])).toBe(0);
    expect(
      matched([{ any: [{ exact: { type: 'y' } }, { all: [{ exact: { n: '5' } }, { prefix: { source: '/' } }] }] }]),
    ).toBe(1);
    expect(matched([{ not: { exact: { missing: 'x' } } }])).toBe(1);
    expect(matched([{ not: { not: { exact: { missing: 'x' } } } }])).toBe(0);
    expect(matched([{ not: { exact: { type: 'com.x' } } }])).toBe(0);
    expect(matched([{ 'urn:tellwhen:predicate': 't > 30' }, { not: { 'urn:tellwhen:predicate': 't > 40' } }])).toBe(1);
    expect(matched([{ exact: { tellwhentopic: 'x' } }])).toBe(1);
    expect(http.send('PUT', S, { ack: 'none', source: '/a/b', types: ['y', 'com.x'] }).status).toBeLessThan(300);
  });

  it.each([
    [[{ sql: "type = 'x'" }], 'request_malformed'],
    [[{ exact: { type: 'x' }, prefix: { type: 'x' } }], 'request_malformed'],
    [[{}], 'request_malformed'],
    [[{ exact: {} }], 'request_malformed'],
    [[{ exact: { 'Not a name': 'x' } }], 'request_malformed'],
    [[{ all: [] }], 'request_malformed'],
    [[{ 'urn:tellwhen:predicate': 'a) OR (b' }], 'predicate_syntax'],
    [[{ any: Array.from({ length: 70 }, () => ({ exact: { type: 'x', source: 'y' } })) }], 'predicate_too_many_atoms'],
  ])('are refused when they are not among those: %#', async (filters, code) => {
    const { http } = await broker();
    expect(http.send('PUT', S, { filters }).json).toMatchObject({ status: 400, code });
  });
});
