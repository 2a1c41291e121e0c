import { describe, expect, it } from 'vitest';
import { seededChance } from '../../broker/kernel/chance.ts';
import type { LeaseGrant } from '../../broker/protocol/index.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { drawProfile } from '../support/simulation/profile.ts';
import { World } from '../support/simulation/world.ts';

const FLUSHED_MS = 20;

/** A machine whose flushes take 10 ms, and clients that wait longer for an answer, unless they are told not to. */
async function machine() {
  const world = new World(
    1,
    drawProfile(seededChance(1), {
      disk: { flushMsMin: 10, flushMsMax: 10, visible: 'when-done', survivors: 'prefix', commitTimeoutMs: 5_000 },
      lagMsMax: 0,
      wallErrorMsMax: 0,
    }),
  );
  await world.start();
  let waits = true;
  const settle = (): void => (waits ? world.time.advance(FLUSHED_MS) : world.time.settle());
  return {
    world,
    peer(): RawPeer {
      const connection = world.connect();
      if (connection === undefined) throw new Error('nobody listens');
      const peer = new RawPeer(connection, settle);
      settle();
      peer.hello();
      return peer;
    },
    /** Nothing is flushed in the meantime. */
    atOnce(act: () => void): void {
      waits = false;
      act();
      waits = true;
    },
    async restart(): Promise<void> {
      world.crash();
      await world.start();
    },
  };
}

describe('after a crash', () => {
  it('what was fetched a moment before comes again flagged, though nobody wrote that down', async () => {
    const { world, peer, atOnce, restart } = await machine();
    const consumer = peer();
    const { subscription } = consumer.subscribe({ mailbox: 'm', topic: '#', mode: 'pull' });
    peer().publish({ topic: 'a', data: { n: 1 } });
    // That it was notified is written down.
    world.time.advance(FLUSHED_MS);
    const [notice] = consumer.take('notice');
    atOnce(() => {
      consumer.fetch(subscription, notice?.['seq'] as number);
      expect(consumer.take('fetched')).toMatchObject([{ attempt: 1 }]);
    });
    await restart();
    const again = peer();
    const joined = again.subscribe({ mailbox: 'm', mode: 'pull' });
    world.time.advance(6_000);
    again.fetch(joined.subscription, notice?.['seq'] as number);
    expect(again.take('fetched')).toMatchObject([{ attempt: 2 }]);
  });

  it('what was acknowledged and flushed does not come again', async () => {
    const { world, peer, restart } = await machine();
    const consumer = peer();
    consumer.subscribe({ mailbox: 'm', topic: '#' });
    peer().publish({ topic: 'a', data: { n: 1 } }, { topic: 'a', data: { n: 2 } });
    const [first] = consumer.take('event');
    consumer.ack(first?.['lease'] as LeaseGrant);
    await restart();
    const again = peer();
    again.subscribe({ mailbox: 'm' });
    world.time.advance(6_000);
    expect(again.take('event')).toMatchObject([{ data: { n: 2 }, attempt: 2 }]);
  });
});

it('a damaged record does not let positions and tokens begin anew', async () => {
  const { world, peer } = await machine();
  let last = { seq: 0, token: 0 };
  for (let run = 0; run < 10; run++) {
    const consumer = peer();
    consumer.subscribe({ mailbox: `m${run}`, topic: '#' });
    peer().publish({ topic: 'a', data: { n: 1 } });
    const [event] = consumer.take('event');
    const { seq, lease } = event as unknown as { readonly seq: number; readonly lease: LeaseGrant };
    expect(seq).toBeGreaterThan(last.seq);
    expect(lease.token).toBeGreaterThan(last.token);
    last = { seq, token: lease.token };
    world.crash();
    world.disk.rot('n');
    await world.start();
  }
});

it('who joins a mailbox that somebody just made is answered when it is on disk', async () => {
  const { world, peer, atOnce } = await machine();
  const [maker, joiner] = [peer(), peer()];
  atOnce(() => {
    expect(() => maker.subscribe({ mailbox: 'm', topic: '#' })).toThrow('not answered');
    expect(() => joiner.subscribe({ mailbox: 'm', topic: '#' })).toThrow('not answered');
  });
  world.time.advance(FLUSHED_MS);
  for (const { controls } of [maker, joiner]) expect(controls.at(-1)).toMatchObject({ kind: 'subscribed' });
});

it('who joins a mailbox that is removed before the answer is told that there is none', async () => {
  const { world, peer, atOnce } = await machine();
  const [maker, joiner] = [peer(), peer()];
  maker.subscribe({ mailbox: 'm', topic: '#' });
  atOnce(() => {
    // Something is being flushed, so that the answer has to wait.
    maker.publish({ topic: 'a', data: { n: 1 } });
    expect(() => joiner.subscribe({ mailbox: 'm' })).toThrow('not answered');
    expect(() => maker.request('remove', { mailbox: 'm' })).toThrow('not answered');
  });
  world.time.advance(2 * FLUSHED_MS);
  expect(joiner.controls.at(-1)).toMatchObject({ kind: 'refused', code: 'mailbox_unknown' });
});
