import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { bodyOf } from '../body.ts';
import { keepBatchesInFlight } from '../in-flight.ts';
import type { Peer, PeerClient } from '../peer.ts';
import { REDIS_HOST, redisAvailability, startRedis } from './redis-server.ts';
import { createGroup, StreamConsumer } from './stream-consumer.ts';

const ASK_AGAIN_MS = 5;

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
    start: async (folder) => {
      const server = await startRedis(folder, { appendonly: 'yes', appendfsync, save: '' });
      await untilLoaded(server.address);
      return server;
    },
    connect: connectTo,
  };
}

/** Until it has read its file. Asked here, since the library asks no more than once a second. */
async function untilLoaded(address: string): Promise<void> {
  const redis = new Redis(Number(address), REDIS_HOST, { enableReadyCheck: false });
  for (;;) {
    const answer = await redis.ping().catch((error: unknown) => String(error));
    if (answer === 'PONG') break;
    if (!answer.includes('LOADING')) throw new Error(answer);
    await delay(ASK_AGAIN_MS);
  }
  redis.disconnect();
}

async function connectTo(address: string, queue: string): Promise<PeerClient> {
  const redis = new Redis(Number(address), REDIS_HOST);
  await createGroup(redis, queue);
  const consumer = new StreamConsumer(redis, queue);
  return {
    publish: (range) =>
      keepBatchesInFlight(range, async (numbers) => {
        const pipeline = redis.pipeline();
        for (const n of numbers) pipeline.xadd(queue, '*', 'body', bodyOf(n));
        for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
      }),
    consume: (taken) => consumer.start(taken),
    waiting: () => redis.xlen(queue),
    close: async () => {
      consumer.close();
      await redis.quit();
    },
  };
}
