import type { Redis } from 'ioredis';

const GROUP = 'bench';
/** Events of one read, and of one acknowledgement. */
const READ = 1_000;
const BLOCK_MS = 1_000;

/**
 * Takes from a stream with one consumer group, which is made if there is none. What `taken` has returned from is off the pending
 * list and out of the stream.
 */
export class StreamConsumer {
  /** A read that blocks holds up all that is asked after it, so reads have a connection of their own. */
  readonly #reads: Redis;
  readonly #acks: Redis;
  readonly #stream: string;
  #closed = false;

  /** @param redis For the acknowledgements; stays the caller's. */
  constructor(redis: Redis, stream: string) {
    this.#acks = redis;
    this.#reads = redis.duplicate();
    this.#stream = stream;
  }

  /** Resolves when nothing that is appended from now on will be missed. */
  async start(taken: (body: Uint8Array) => void): Promise<void> {
    await createGroup(this.#acks, this.#stream);
    this.#run(taken).catch((error: unknown) => {
      // A read that waits is broken off by `close`.
      if (!this.#closed) throw error;
    });
  }

  close(): void {
    this.#closed = true;
    this.#reads.disconnect();
  }

  async #run(taken: (body: Uint8Array) => void): Promise<void> {
    const from = ['COUNT', READ, 'BLOCK', BLOCK_MS, 'STREAMS', this.#stream, '>'] as const;
    while (!this.#closed) {
      const [stream] = (await this.#reads.xreadgroupBuffer('GROUP', GROUP, 'one', ...from)) ?? [];
      const entries = stream?.[1] ?? [];
      for (const [, fields] of entries) taken(fields?.[1] ?? Buffer.alloc(0));
      const ids = entries.map(([id]) => id);
      if (ids.length === 0) continue;
      // The next read does not wait for these.
      void this.#acks.xack(this.#stream, GROUP, ...ids);
      void this.#acks.xdel(this.#stream, ...ids);
    }
  }
}

export async function createGroup(redis: Redis, stream: string): Promise<void> {
  await redis.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM').catch((error: unknown) => {
    if (!String(error).includes('BUSYGROUP')) throw error;
  });
}
