import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { httpBroker as broker } from '../../support/http-broker.ts';

const RECEIPT = { durable: false, repeated: false, delayed: false, unreadable: false };

describe('POST /v1/topics/{topic}', () => {
  it('publishes JSON, which predicates read, and answers with the receipt', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: 'sensors/+/temp', when: 'temperature > 30' });
    const answer = http.send('POST', '/v1/topics/sensors/7/temp', { temperature: 31 });
    expect([answer.status, answer.json]).toEqual([200, { ...RECEIPT, seq: 1, matched: 1 }]);
    expect(http.send('POST', '/v1/topics/sensors/7/temp', { temperature: 30 }).json.matched).toBe(0);
    expect(peer.take('event')).toMatchObject([
      { subscription, seq: 1, topic: 'sensors/7/temp', data: { temperature: 31 } },
    ]);
  });

  it('publishes bytes of any type, as they are', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    peer.subscribe({ topic: 'a', when: "$contentType = 'image/x-test' AND $size = 3" });
    const answer = http.send('POST', '/v1/topics/a', Uint8Array.of(1, 2, 255), { 'Content-Type': 'image/x-test' });
    expect(answer.json.matched).toBe(1);
  });

  it('decodes the path: a topic may have any character', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    peer.subscribe({ topic: 'a b/ü:x/#' });
    expect(http.send('POST', '/v1/topics/a%20b/%C3%BC:x/c%2Fd', {}).json.matched).toBe(1);
    expect(peer.take('event')).toMatchObject([{ topic: 'a b/ü:x/c/d' }]);
    expect(http.send('POST', '/v1/topics/a%', {}).json).toMatchObject({ status: 400, code: 'request_malformed' });
  });

  it('does what the query asks', async () => {
    const { http, greeted, time } = await broker();
    http.send('POST', '/v1/topics/rooms/7?retain=true', { temperature: 21 });
    const peer = greeted();
    peer.subscribe({ topic: 'rooms/#' });
    time.advance(10);
    expect(peer.take('event')).toMatchObject([{ retained: true, data: { temperature: 21 } }]);
    const delayed = http.begin('POST', '/v1/topics/rooms/8?delayMs=5000', { temperature: 22 });
    expect(http.result(delayed)).toMatchObject({ status: 202, json: { seq: 0, delayed: true } });
    expect(peer.take('event')).toEqual([]);
    time.advance(5_200);
    expect(peer.take('event')).toMatchObject([{ topic: 'rooms/8' }]);
    expect(http.send('POST', '/v1/topics/nobody?mandatory=true', {})).toMatchObject({
      status: 409,
      json: { code: 'no_match', retry: true },
    });
    expect(http.send('POST', '/v1/topics/a?durable=true', {}).json).toMatchObject({ code: 'not_durable' });
  });

  it('recognises an event by its Idempotency-Key, and one by its own identity', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    peer.subscribe({ topic: '#' });
    for (const headers of [{ 'Idempotency-Key': 'k1' }, { 'Idempotency-Key': 'k1' }]) {
      expect(http.send('POST', '/v1/topics/a', { n: 1 }, headers).json).toMatchObject({ seq: 1, matched: 1 });
    }
    expect(http.send('POST', '/v1/topics/a', { n: 1 }, { 'Idempotency-Key': 'k2' }).json).toMatchObject({ seq: 2 });
    expect(http.send('POST', '/v1/topics/a?id=1&source=s', { n: 2 }).json).toMatchObject({ seq: 3, repeated: false });
    expect(http.send('POST', '/v1/topics/a?id=1&source=s', { n: 2 }).json).toMatchObject({ seq: 3, repeated: true });
    expect(peer.take('event')).toHaveLength(3);
    const long = http.send('POST', '/v1/topics/a', {}, { 'Idempotency-Key': 'k'.repeat(257) });
    expect(long.json.code).toBe('request_malformed');
  });

  it('refuses an Idempotency-Key that another event had, so that none is lost unnoticed', async () => {
    const { http } = await broker();
    const key = { 'Idempotency-Key': 'k' };
    expect(http.send('POST', '/v1/topics/a', { n: 1 }, key).json).toMatchObject({ seq: 1, repeated: false });
    const refusal = { status: 422, json: { code: 'idempotency_key_reused', retry: false } };
    expect(http.send('POST', '/v1/topics/a', { n: 2 }, key)).toMatchObject(refusal);
    expect(http.send('POST', '/v1/topics/b', { n: 1 }, key)).toMatchObject(refusal);
    expect(http.send('POST', '/v1/topics/a', { n: 1 }, key).json).toMatchObject({ seq: 1, repeated: true });
  });

  it('keeps the Idempotency-Keys of one who says his source apart from those of others', async () => {
    const { http } = await broker();
    const publish = (path: string, n: number) => http.send('POST', path, { n }, { 'Idempotency-Key': '1' });
    expect(publish('/v1/topics/a', 1).json).toMatchObject({ seq: 1 });
    expect(publish('/v1/topics/a?source=pump-7', 1).json).toMatchObject({ seq: 2, repeated: false });
    expect(publish('/v1/topics/a?source=pump-7', 1).json).toMatchObject({ seq: 2, repeated: true });
    expect(publish('/v1/topics/a?source=pump-7', 2)).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
  });

  it('refuses what is nested so deeply that reading it would use up the stack', async () => {
    const { http } = await broker();
    const deep = (levels: number): string => '[{"a":'.repeat(levels / 2) + '"]}\\"]"'.concat('}]'.repeat(levels / 2));
    const event = (data: string): string =>
      `{"specversion":"1.0","type":"t","id":"${data.length}","source":"s","data":${data}}`;
    const structured = { 'Content-Type': 'application/cloudevents+json' };
    const send = (path: string, text: string, headers: { readonly [name: string]: string } = {}) =>
      http.send('POST', path, new TextEncoder().encode(text), { 'Content-Type': 'application/json', ...headers });
    expect(send('/v1/topics/a', event(deep(500)), structured).status).toBe(200);
    const refusal = { status: 400, json: { code: 'request_malformed', retry: false } };
    expect(send('/v1/topics/a', event(deep(20_000)), structured)).toMatchObject(refusal);
    expect(send('/v1/match', `{"event":{"topic":"a","data":${deep(20_000)}}}`)).toMatchObject(refusal);
    // As it is, nobody reads it.
    expect(send('/v1/topics/a', deep(20_000)).status).toBe(200);
  });

  it.each([
    ['/v1/topics/a/%2B', {}, 400, 'topic_invalid'],
    ['/v1/topics/$dead/x', {}, 400, 'topic_invalid'],
    ['/v1/topics/a?retain=yes', {}, 400, 'request_malformed'],
    ['/v1/topics/a?nonsense=1', {}, 400, 'request_malformed'],
    ['/v1/topics/a?ttlMs=1&ttlMs=2', {}, 400, 'request_malformed'],
    ['/v1/topics/a', 'x'.repeat(300_000), 413, 'event_too_large'],
    ['/v1/topics/a', 'x'.repeat(1_100_000), 413, 'request_too_large'],
  ])('refuses %s with a problem', async (path, body, status, code) => {
    const { http } = await broker();
    const answer = http.send('POST', path, body);
    expect(answer.status).toBe(status);
    expect(answer.headers['Content-Type']).toBe('application/problem+json');
    expect(answer.json).toMatchObject({ type: `urn:tellwhen:problem:${code}`, status, code, retry: false });
    expect(answer.json.detail).not.toBe('');
  });

  it('keeps to the rate of an address: 429 with Retry-After', async () => {
    const { http, time } = await broker({ publishPerSecondMax: 10, publishBurst: 1 });
    expect(http.send('POST', '/v1/topics/a', {}).status).toBe(200);
    const refused = http.send('POST', '/v1/topics/a', {});
    expect(refused).toMatchObject({ status: 429, json: { code: 'rate_limited', retry: true } });
    expect(refused.headers['Retry-After']).toBe('1');
    time.advance(1_000);
    expect(http.send('POST', '/v1/topics/a', {}).status).toBe(200);
  });

  it('is counted like any publish', async () => {
    const { http, metric } = await broker();
    http.send('POST', '/v1/topics/a', {});
    http.send('POST', '/v1/topics/%2B', {});
    expect(await metric('tellwhen_events_published_total')).toBe(1);
    expect(await metric('tellwhen_events_refused_total{code="topic_invalid"}')).toBe(1);
  });
});

/** The package leaves numbers and truths to whatever sends them. */
function sentHeaders(headers: object): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

describe('CloudEvents to a topic, as the npm package sends them', () => {
  const event = new CloudEvent({
    id: 'A234 "x" %é',
    source: 'urn:example:x',
    type: 'com.example.made',
    subject: 'room 7',
    time: '2026-02-03T04:05:06.700Z',
    datacontenttype: 'application/json',
    site: 'north',
    count: 5,
    urgent: true,
    data: { temperature: 31 },
  });

  it.each(['binary', 'structured'] as const)('in %s mode', async (mode) => {
    const { http, greeted } = await broker();
    const peer = greeted();
    const when =
      "temperature > 30 AND $attr.site = 'north' AND $attr.type = 'com.example.made' AND $attr.subject = 'room 7'";
    peer.subscribe({ topic: 'a', when: `${when} AND $source = 'urn:example:x' AND $time = 1770091506700` });
    const { headers, body } = HTTP[mode](event);
    const answer = http.send('POST', '/v1/topics/a', body as string, sentHeaders(headers));
    expect(answer.json).toMatchObject({ matched: 1 });
    const again = http.send('POST', '/v1/topics/a', body as string, sentHeaders(headers));
    expect(again.json).toMatchObject({ repeated: true });
  });

  it('refuses a header whose bytes are no text, rather than to publish something else', async () => {
    const { http } = await broker();
    const { headers, body } = HTTP.binary(event);
    const spoilt = { ...sentHeaders(headers), 'ce-site': 'n\ufffdrth' };
    const answer = http.send('POST', '/v1/topics/a', body as string, spoilt);
    expect(answer).toMatchObject({ status: 400, json: { code: 'request_malformed' } });
    expect(answer.json.detail).toContain('ce-site');
  });

  it('in batch mode: all that can be read are published, in order, each with its receipt', async () => {
    const { http, greeted } = await broker({ eventBytesMax: 1_000 });
    const peer = greeted();
    peer.subscribe({ topic: 'a' });
    const large = { ...event.toJSON(), id: 'large', data: 'x'.repeat(2_000) };
    const batch = [event.toJSON(), large, { ...event.toJSON(), id: 'b' }];
    const answer = http.send('POST', '/v1/topics/a', batch, { 'Content-Type': 'application/cloudevents-batch+json' });
    expect(answer.status).toBe(207);
    expect(answer.json.receipts).toMatchObject([{ seq: 1 }, { problem: { code: 'event_too_large' } }, { seq: 2 }]);
    expect(peer.take('event')).toHaveLength(2);
    const empty = http.send('POST', '/v1/topics/a', [], { 'Content-Type': 'application/cloudevents-batch+json' });
    expect(empty).toMatchObject({ status: 200, json: { receipts: [] } });
  });

  it('in batch mode: not more than are published in a moment, for others wait meanwhile', async () => {
    const { http } = await broker();
    const event = { specversion: '1.0', type: 't', source: 's' };
    const batch = (length: number) =>
      http.send(
        'POST',
        '/v1/topics/a',
        Array.from({ length }, (_, i) => ({ ...event, id: `${length}/${i}` })),
        {
          'Content-Type': 'application/cloudevents-batch+json',
        },
      );
    expect(batch(1_001)).toMatchObject({ status: 400, json: { code: 'request_malformed' } });
    expect(batch(1_000).json.receipts.at(-1)).toMatchObject({ seq: 1_000 });
  });

  it('carry bytes and texts', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    peer.subscribe({ topic: 'a', when: "$contentType = 'text/plain' AND $size = 2" });
    const common = { specversion: '1.0', source: 's', type: 't', datacontenttype: 'text/plain' };
    const headers = { 'Content-Type': 'application/cloudevents+json' };
    for (const data of [{ data_base64: 'YWI=' }, { data: 'ab' }]) {
      const answer = http.send('POST', '/v1/topics/a', { ...common, ...data, id: JSON.stringify(data) }, headers);
      expect(answer.json).toMatchObject({ matched: 1 });
    }
  });

  it.each([
    [{}, /specversion/],
    [{ specversion: '0.3' }, /specversion/],
    [{ specversion: '1.0', id: '1', source: 's' }, /type/],
    [{ specversion: '1.0', id: '', source: 's', type: 't' }, /id/],
    [{ specversion: '1.0', id: 5, source: 's', type: 't' }, /id/],
    [{ specversion: '1.0', id: '1', source: 's', type: 't', time: 'yesterday' }, /time/],
    [{ specversion: '1.0', id: '1', source: 's', type: 't', Upper: 'x' }, /Upper/],
    [{ specversion: '1.0', id: '1', source: 's', type: 't', nested: {} }, /nested/],
    [{ specversion: '1.0', id: '1', source: 's', type: 't', data: 1, data_base64: 'YQ==' }, /data_base64/],
    [{ specversion: '1.0', id: '1', source: 's', type: 't', data_base64: '*' }, /base64/],
    [[], /object/],
    ['no', /object/],
  ])('are refused when they are not what they should be: %j', async (value, detail) => {
    const { http } = await broker();
    const answer = http.send('POST', '/v1/topics/a', JSON.stringify(value), {
      'Content-Type': 'application/cloudevents+json',
    });
    expect(answer.json).toMatchObject({
      status: 400,
      code: 'request_malformed',
      detail: expect.stringMatching(detail),
    });
  });

  it('are refused in a format that is not read', async () => {
    const { http } = await broker();
    const answer = http.send('POST', '/v1/topics/a', 'x', { 'Content-Type': 'application/cloudevents+protobuf' });
    expect(answer.json).toMatchObject({ status: 415, code: 'media_type_unknown' });
  });
});
