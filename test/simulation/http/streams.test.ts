import { describe, expect, it } from 'vitest';
import { httpBroker as broker } from '../../support/http-broker.ts';

describe('GET /v1/events', () => {
  it('streams what matches, each with its seq as id, and nothing else', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    const stream = http.begin('GET', '/v1/events?filter=sensors/%23&when=temperature%20%3E%2030');
    expect(stream.head).toMatchObject({ status: 200, headers: { 'Content-Type': 'text/event-stream' } });
    peer.publish(
      { topic: 'sensors/1', data: { temperature: 31 }, id: 'a', source: 's', attributes: { site: 'north' } },
      { topic: 'sensors/2', data: { temperature: 29 } },
      { topic: 'other', data: { temperature: 99 } },
      { topic: 'sensors/3', data: '{ "temperature":\r\n 1e2 }' },
    );
    const [first, second, ...others] = http.messages(stream);
    expect(first).toMatchObject({
      event: 'message',
      id: '1',
      data: {
        seq: 1,
        topic: 'sensors/1',
        id: 'a',
        source: 's',
        attributes: { site: 'north' },
        data: { temperature: 31 },
      },
    });
    expect(second).toMatchObject({ id: '4', data: { data: { temperature: 100 } } });
    expect(others).toEqual([]);
  });

  it('shows texts as texts, and bytes in base64', async () => {
    const { http } = await broker();
    const stream = http.begin('GET', '/v1/events');
    http.send('POST', '/v1/topics/a', 'line\n\nline', { 'Content-Type': 'text/plain' });
    http.send('POST', '/v1/topics/a', Uint8Array.of(255), { 'Content-Type': 'x/y' });
    http.send('POST', '/v1/topics/a', '{"broken":', { 'Content-Type': 'application/json' });
    http.send('POST', '/v1/topics/a', '', { 'Content-Type': 'x/y' });
    expect(http.messages(stream).map(({ data }) => data)).toMatchObject([
      { data: 'line\n\nline', contentType: 'text/plain' },
      { dataBase64: '/w==' },
      { dataBase64: 'eyJicm9rZW4iOg==' },
      { topic: 'a' },
    ]);
  });

  it('gives CloudEvents to whoever wants them', async () => {
    const { http } = await broker();
    const stream = http.begin('GET', '/v1/events?format=cloudevents');
    http.send('POST', '/v1/topics/a', { n: 1 });
    expect(http.messages(stream)).toMatchObject([
      {
        id: '1',
        data: { specversion: '1.0', id: '1', source: '/v1/topics/a', type: 'tellwhen.event', data: { n: 1 } },
      },
    ]);
  });

  it('ends its subscription when its reader leaves', async () => {
    const { http, metric } = await broker();
    const stream = http.begin('GET', '/v1/events');
    expect(await metric('tellwhen_subscriptions{mode="push"}')).toBe(1);
    http.leave(stream);
    expect(http.send('POST', '/v1/topics/a', {}).json.matched).toBe(0);
    expect(await metric('tellwhen_subscriptions{mode="push"}')).toBe(0);
    expect(await metric('tellwhen_sessions{state="attached"}')).toBe(0);
  });

  it('gives signs of life while it is silent, and none while its reader does not read', async () => {
    const { http, time } = await broker();
    const stream = http.begin('GET', '/v1/events');
    time.advance(31_000);
    expect(stream.text.match(/^:$/gm)).toHaveLength(2);
  });

  it('begins with the last values of topics, unless it is not to', async () => {
    const { http, time } = await broker();
    http.send('POST', '/v1/topics/a?retain=true', { n: 1 });
    const [both, none] = [http.begin('GET', '/v1/events'), http.begin('GET', '/v1/events?retained=skip')];
    time.advance(100);
    expect(http.messages(both)).toMatchObject([{ id: '1', data: { retained: true, data: { n: 1 } } }]);
    expect(http.messages(none)).toEqual([]);
  });

  it.each([
    ['filter=%23/a', 'topic_filter_invalid', 0],
    ['when=temperature%20%3E', 'predicate_syntax', 13],
    ['when=', 'request_malformed', undefined],
    ['nonsense=1', 'request_malformed', undefined],
  ])('refuses %s, with the offset where there is one', async (query, code, offset) => {
    const { http, metric } = await broker();
    const { status, json } = http.send('GET', `/v1/events?${query}`);
    expect([status, json.code, json.offset]).toEqual([400, code, offset]);
    expect(await metric('tellwhen_sessions{state="attached"}')).toBe(0);
  });

  it('bounds how many read at once', async () => {
    const { http } = await broker({ httpWaitingMax: 1 });
    const stream = http.begin('GET', '/v1/events');
    expect(http.send('GET', '/v1/events')).toMatchObject({ status: 429, json: { code: 'waiting_limit' } });
    http.leave(stream);
    expect(http.begin('GET', '/v1/events').head?.status).toBe(200);
  });

  it('is told goodbye when the broker stops', async () => {
    const { http, broker: running, time } = await broker();
    const stream = http.begin('GET', '/v1/events');
    void running.stop();
    time.advance(100);
    expect(http.messages(stream).at(-1)).toMatchObject({ event: 'ended', data: { code: 'broker_draining' } });
    expect(stream.isComplete).toBe(true);
  });
});

describe('a slow reader of a stream', () => {
  const SLOW = { outboundSoftBytes: 1_024, queueEventsDefault: 10 } as const;

  it('is told what it missed, in a gap, and harms nobody', async () => {
    const { http, greeted, time } = await broker({ ...SLOW });
    const peer = greeted();
    const slow = http.begin('GET', '/v1/events');
    const quick = http.begin('GET', '/v1/events');
    slow.pause();
    const filler = 'x'.repeat(10_000);
    for (let n = 1; n <= 100; n++) {
      peer.publish({ topic: 'a', data: { n, filler } });
      time.advance(1);
    }
    expect(http.messages(quick)).toHaveLength(100);
    slow.resume();
    time.advance(100);
    const messages = http.messages(slow);
    const gaps = messages.filter(({ event }) => event === 'gap');
    const got = messages.filter(({ event }) => event === 'message').map(({ id }) => Number(id));
    expect(got).toEqual([...got].sort((a, b) => a - b));
    expect(got.slice(-10)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    expect(got.length).toBeLessThan(100);
    expect(gaps.at(-1)?.data).toMatchObject({ reason: 'overflow_oldest', count: 100 - got.length });
  });

  it('is cut off when all who are slow have too much unsent together', async () => {
    const { http, greeted, time, metric } = await broker({ outboundSoftBytes: 200_000, outboundBytesMax: 300_000 });
    const peer = greeted();
    const slow = [http.begin('GET', '/v1/events'), http.begin('GET', '/v1/events')];
    for (const stream of slow) stream.pause();
    const quick = http.begin('GET', '/v1/events');
    for (let n = 1; n <= 50; n++) {
      peer.publish({ topic: 'a', data: 'x'.repeat(10_000) });
      time.advance(1);
    }
    expect(await metric('tellwhen_unsent_bytes')).toBeLessThanOrEqual(300_000);
    for (const stream of slow) stream.resume();
    time.advance(100);
    const ends = slow.map((stream) => http.messages(stream).at(-1)?.event);
    expect(ends).toContain('ended');
    expect(http.messages(quick)).toHaveLength(50);
    time.advance(100);
    expect(await metric('tellwhen_unsent_bytes')).toBe(0);
  });

  it('may choose to be cut off instead', async () => {
    const { http, greeted, time } = await broker({ ...SLOW });
    const peer = greeted();
    http.send('PUT', '/v1/subscriptions/s', { topic: '#', ack: 'none', overflow: 'disconnect' });
    const stream = http.begin('GET', '/v1/subscriptions/s/stream');
    stream.pause();
    for (let n = 1; n <= 100; n++) {
      peer.publish({ topic: 'a', data: 'x'.repeat(10_000) });
      time.advance(1);
    }
    stream.resume();
    time.advance(100);
    expect(http.messages(stream).at(-1)).toMatchObject({ event: 'ended', data: { code: 'slow_consumer' } });
  });
});

describe('Last-Event-ID', () => {
  it('goes on where the client was, with what matches, and then with what comes', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    for (let n = 1; n <= 500; n++) peer.publish({ topic: 'a', data: { n } });
    const stream = http.begin('GET', '/v1/events?when=n%20%25%202%20%3D%200', undefined, { 'Last-Event-ID': '100' });
    peer.publish({ topic: 'a', data: { n: 502 } });
    const ids = http.messages(stream).map(({ id }) => Number(id));
    expect(ids).toEqual([...Array.from({ length: 200 }, (_, i) => 102 + 2 * i), 501]);
  });

  it('says so when the broker does not remember that far', async () => {
    const { http, greeted } = await broker({ recentEventsMax: 10 });
    const peer = greeted();
    for (let n = 1; n <= 50; n++) peer.publish({ topic: 'a', data: { n } });
    const stream = http.begin('GET', '/v1/events', undefined, { 'Last-Event-ID': '20' });
    const [gap, ...events] = http.messages(stream);
    expect(gap).toMatchObject({ event: 'gap', data: { reason: 'not_remembered', seq: 40 } });
    expect(events.map(({ id }) => Number(id))).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49, 50]);
  });

  it('says so when no event has had that number yet', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    peer.publish({ topic: 'a', data: 1 });
    const stream = http.begin('GET', '/v1/events', undefined, { 'Last-Event-ID': '700' });
    peer.publish({ topic: 'a', data: 2 });
    const [gap, ...events] = http.messages(stream);
    expect(gap).toMatchObject({ event: 'gap', data: { reason: 'not_remembered', count: 0, seq: 1 } });
    expect(events.map(({ id }) => Number(id))).toEqual([2]);
  });

  it('waits for a reader that is slow', async () => {
    const { http, greeted, time } = await broker({ outboundSoftBytes: 1_024 });
    const peer = greeted();
    for (let n = 1; n <= 100; n++) peer.publish({ topic: 'a', data: 'x'.repeat(10_000) });
    const stream = http.begin('GET', '/v1/events', undefined, { 'Last-Event-ID': '1' });
    stream.pause();
    peer.publish({ topic: 'a', data: 'last' });
    time.advance(100);
    stream.resume();
    time.advance(100);
    expect(http.messages(stream).map(({ id }) => Number(id))).toEqual(Array.from({ length: 100 }, (_, i) => i + 2));
  });

  it('of a named subscription brings again what was under way when the connection broke', async () => {
    const { http, greeted } = await broker();
    const peer = greeted();
    http.send('PUT', '/v1/subscriptions/s', { topic: 'a', ack: 'none' });
    const first = http.begin('GET', '/v1/subscriptions/s/stream');
    for (let n = 1; n <= 3; n++) peer.publish({ topic: 'a', data: { n } });
    http.leave(first);
    for (let n = 4; n <= 6; n++) peer.publish({ topic: 'a', data: { n } });
    const second = http.begin('GET', '/v1/subscriptions/s/stream', undefined, { 'Last-Event-ID': '1' });
    peer.publish({ topic: 'a', data: { n: 7 } });
    expect(http.messages(second).map(({ id }) => Number(id))).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('is refused when it is no id', async () => {
    const { http, metric } = await broker();
    expect(http.send('GET', '/v1/events', undefined, { 'Last-Event-ID': 'x' }).status).toBe(400);
    expect(await metric('tellwhen_sessions{state="attached"}')).toBe(0);
  });
});
