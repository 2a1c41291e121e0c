import { Redis } from 'ioredis';
import { bodyOf } from '../body.ts';
import { keepBatchesInFlight } from '../in-flight.ts';
import type { Peer, PeerClient } from '../peer.ts';
import { REDIS_HOST, redisAvailability, startRedis } from './redis-server.ts';

const GROUP = 'bench';
/** Events of one read, and of one acknowledgement. */
const READ = 1_000;
const BLOCK_MS = 1_000;

type Appendfsync = 'always' | 'everysec';

const ACKS: Readonly<Record<Appendfsync, string>> = {
  always: 'flushed here',
  everysec: 'written, not flushed: the system has it; flushed every second',
};

/** A stream with one consumer group, in an append-only file and no snapshots. */
export function redisStreams(appendfsync: Appendfsync): Peer {
  return {
    key: `redis-${appendfsync}`,
    name: `Redis streams, appendfsync ${appendfsync}`,
    ack: ACKS[appendfsync],
    settled: 'off the pending list and out of the stream; as safe as a publish',
    availability: redisAvailability,
    start: (folder) => startRedis(folder, { appendonly: 'yes', appendfsync, save: '' }),
    connect: connectTo,
  };
}

async function connectTo(address: string, queue: string): Promise<PeerClient> {
  const redis = new Redis(Number(address), REDIS_HOST);
  await redis.xgroup('CREATE', queue, GROUP, '0', 'MKSTREAM').catch((error: unknown) => {
    if (!String(error).includes('BUSYGROUP')) throw error;
  });
  // A read that blocks holds up all that is asked after it, so reads have a connection of their own.
  const reads = redis.duplicate();
  let closed = false;
  const read = async () => {
    const from = ['COUNT', READ, 'BLOCK', BLOCK_MS, 'STREAMS', queue, '>'] as const;
    const [stream] = (await reads.xreadgroupBuffer('GROUP', GROUP, 'one', ...from)) ?? [];
    return stream?.[1] ?? [];
  };
  const consume = async (taken: (body: Uint8Array) => void): Promise<void> => {
    while (!closed) {
      const entries = await read();
      for (const [, fields] of entries) taken(fields?.[1] ?? Buffer.alloc(0));
      const ids = entries.map(([id]) => id);
      if (ids.length === 0) continue;
      // The next read does not wait for these.
      void redis.xack(queue, GROUP, ...ids);
      void redis.xdel(queue, ...ids);
    }
  };
  return {
    publish: (range) =>
      keepBatchesInFlight(range, async (numbers) => {
        const pipeline = redis.pipeline();
        for (const n of numbers) pipeline.xadd(queue, '*', 'body', bodyOf(n));
        for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
      }),
    consume: async (taken) => {
      consume(taken).catch((error: unknown) => {
        // A read that waits is broken off by `close`.
        if (!closed) throw error;
      });
    },
    waiting: () => redis.xlen(queue),
    close: async () => {
      closed = true;
      reads.disconnect();
      await redis.quit();
    },
  };
}
