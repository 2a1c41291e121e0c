import { describe, expect, test } from 'vitest';
import type { ReceivedEvent } from '../../../client/event.ts';
import { connected } from '../../support/connected-client.ts';
import { turn } from '../../support/manual-time.ts';

const lease = { id: 7, token: 70, remainingMs: 30_000 };

describe('taking events from a mailbox', () => {
  test('says what it is to be, takes under leases, and tells what was there', async () => {
    const { client, broker } = await connected();
    const orders = await client.subscribe({
      mailbox: 'orders',
      topic: 'orders/#',
      when: 'total > 10',
      from: 'beginning',
      overflow: 'dead-letter',
      ageMs: 1_000,
      keepMs: 0,
      atEnd: 'dead-letter',
    });
    expect(broker.peer.asked('subscribe')).toMatchObject([
      { mailbox: 'orders', mode: 'push', ack: 'explicit', from: 'beginning', overflow: 'dead-letter', keepMs: 0 },
    ]);
    expect(orders.mailbox).toEqual({
      name: 'orders',
      created: true,
      entries: 0,
      topic: 'orders/#',
      when: 'total > 10',
    });
    broker.peer.events(1, { topic: 'orders/1', lease, data: { total: 11 } });
    for await (const event of orders) {
      const acked = event.ack();
      await turn();
      broker.peer.settled(broker.peer.sent('settle')[0]?.ref ?? 0);
      await acked;
      break;
    }
  });

  test('joins one that exists without a word about it, and learns its filter', async () => {
    const { client, broker } = await connected();
    const first = await client.subscribe({ mailbox: 'orders', topic: 'orders/#', when: 'a = 1' });
    const second = await client.pull({ mailbox: 'orders' });
    expect([second.topic, second.when, second.mailbox?.created]).toEqual(['orders/#', 'a = 1', false]);
    await second.replace({ when: 'a = 2' });
    expect(second.when).toBe('a = 2');
    expect(first.when).toBe('a = 1');
    expect(broker.peer.asked('subscribe')[1]).toMatchObject({ mode: 'pull', mailbox: 'orders' });
  });

  test('needs a topic or a mailbox, and acknowledges', async () => {
    const { client } = await connected();
    for (const wrong of [client.subscribe({}), client.pull({}), client.subscribe({ mailbox: 'a', ack: 'none' })]) {
      await expect(wrong).rejects.toMatchObject({ code: 'invalid_argument' });
    }
  });

  test('comes back by name after a lost connection, stops the work, and takes what is delivered again', async () => {
    const { client, broker, time } = await connected();
    const taken: [number, ReceivedEvent][] = [];
    const aborted: string[] = [];
    const orders = await client.subscribe(
      { mailbox: 'orders', topic: 'orders/#', when: 'a = 1', creditEvents: 5, leaseMs: 60_000 },
      (event, { signal }) => {
        taken.push([event.attempt, event]);
        signal.addEventListener('abort', () => aborted.push(signal.reason.code));
        return new Promise<void>(() => {});
      },
    );
    const resets: unknown[] = [];
    orders.onReset((reset) => resets.push(reset));
    broker.peer.events(1, { lease });
    broker.peer.close(1006);
    expect(aborted).toEqual(['connection_lost']);
    await time.advance(1_000);
    expect(broker.peer.asked('subscribe')).toEqual([
      { kind: 'subscribe', ref: expect.any(Number), mailbox: 'orders', mode: 'push', ack: 'explicit', creditEvents: 5 },
    ]);
    broker.peer.events(orders.id, { lease: { ...lease, token: 71 }, attempt: 2 });
    expect(taken.map(([attempt]) => attempt)).toEqual([1, 2]);
    expect(orders.mailbox?.created).toBe(false);
    expect(resets).toEqual([]);
  });

  test('makes it anew where the broker has forgotten it, and says that events may be missing', async () => {
    const { client, broker, time } = await connected();
    const orders = await client.subscribe({ mailbox: 'orders', topic: 'orders/#', from: 'beginning' });
    const joined = await client.subscribe({ mailbox: 'other' });
    const resets: unknown[] = [];
    orders.onReset((reset) => resets.push(reset));
    broker.peer.close(1006);
    broker.mailboxes.clear();
    broker.onControl = (frame, peer) => {
      if (frame.kind !== 'subscribe' || (frame.topic !== undefined && frame.mailbox === 'orders')) return false;
      peer.control({ kind: 'refused', ref: frame.ref, code: 'mailbox_unknown', message: 'none of that name' });
      return true;
    };
    const end = joined
      .items()
      .next()
      .catch(({ code }) => code);
    await time.advance(1_000);
    expect(broker.peer.asked('subscribe').map(({ mailbox, topic, from }) => [mailbox, topic, from])).toEqual([
      ['orders', undefined, undefined],
      ['other', undefined, undefined],
      ['orders', 'orders/#', 'beginning'],
    ]);
    expect(orders.mailbox?.created).toBe(true);
    expect(resets).toHaveLength(1);
    expect(await end).toBe('mailbox_unknown');
  });

  test('ends with the reason when somebody removes it', async () => {
    const { client, broker } = await connected();
    const orders = await client.subscribe({ mailbox: 'orders', topic: 'orders/#' });
    const next = orders.items().next();
    broker.peer.control({ kind: 'ended', subscription: 1, code: 'mailbox_unknown', message: 'it was removed' });
    await expect(next).rejects.toMatchObject({ code: 'mailbox_unknown', message: 'it was removed' });
    await orders.unsubscribe();
    expect(broker.peer.asked('unsubscribe')).toEqual([]);
    broker.peer.control({ kind: 'ended', subscription: 99, code: 'internal', message: 'nobody of ours' });
    expect(client.state).toBe('open');
  });
});

describe('mailboxes from outside', () => {
  test('are listed and looked into page by page', async () => {
    const { client, broker } = await connected();
    await client.subscribe({ mailbox: 'orders', topic: 'orders/#' });
    const status = await client.mailboxes.inspect('orders');
    const entry = { seq: 1, topic: 'orders/1', time: 5, state: 'ready', attempt: 0, size: 2, data: '{}' } as const;
    broker.onControl = (frame, peer) => {
      if (frame.kind === 'mailboxes') {
        const { ref, cursor = 0 } = frame;
        const next = cursor < 2 ? cursor + 1 : undefined;
        peer.control({ kind: 'listed', ref, mailboxes: [{ ...status, mailbox: `m${cursor}` }], next });
      } else if (frame.kind === 'peek') {
        const { ref, cursor = 0 } = frame;
        const next = cursor < 3 ? cursor + 1 : undefined;
        peer.control({ kind: 'peeked', ref, entries: [{ ...entry, seq: cursor + 1 }], next });
      } else return false;
      return true;
    };
    const names: string[] = [];
    for await (const { mailbox } of client.mailboxes.list()) names.push(mailbox);
    expect(names).toEqual(['m0', 'm1', 'm2']);
    const seqs: number[] = [];
    for await (const { seq } of client.mailboxes.peek('orders', { after: 1 })) seqs.push(seq);
    expect(seqs).toEqual([2, 3, 4]);
    for await (const { seq } of client.mailboxes.peek('orders')) {
      expect(seq).toBe(1);
      break;
    }
    expect(broker.peer.asked('peek').at(-1)).toEqual({ kind: 'peek', ref: expect.any(Number), mailbox: 'orders' });
  });

  test('are paused, resumed, emptied, replayed, ended, and get their dead letters back', async () => {
    const { client, broker } = await connected();
    const { mailboxes } = client;
    await mailboxes.pause('orders');
    await mailboxes.resume('orders');
    expect(broker.peer.asked('pause').map(({ paused }) => paused)).toEqual([true, false]);
    expect(await mailboxes.purge('orders')).toBe(3);
    expect(await mailboxes.remove('orders')).toBe(4);
    expect(await mailboxes.replay('orders', { from: { seq: 9 } })).toBe(5);
    expect(await mailboxes.redrive({ mailbox: 'orders', limit: 6 })).toEqual({ entries: 6, left: 7 });
    await expect(mailboxes.inspect('orders')).rejects.toMatchObject({ code: 'mailbox_unknown' });
  });

  test('what would do more the second time is not asked twice', async () => {
    const { client, broker, time } = await connected();
    broker.onControl = (frame) => frame.kind === 'replay' || frame.kind === 'inspect';
    const replayed = client.mailboxes.replay('orders', { from: 'beginning' }).catch((error) => error.code);
    const inspected = client.mailboxes.inspect('orders').catch((error) => error.code);
    await turn();
    broker.onControl = () => false;
    broker.peer.close(1006);
    await time.advance(1_000);
    expect(await inspected).toBe('mailbox_unknown');
    expect(await replayed).toBe('connection_lost');
    expect(broker.peer.asked('replay')).toEqual([]);
  });
});
