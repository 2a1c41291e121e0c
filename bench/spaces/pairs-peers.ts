import { connect } from '../../client/index.ts';
import type { Availability, Server } from '../peers/peer.ts';
import { REDIS_HOST, redisAvailability, startRedis } from '../peers/redis/redis-server.ts';
import { startBroker } from '../peers/tellwhen/broker-process.ts';
import { commandOf, RedisLists } from './redis-lists.ts';

export interface PairsRun {
  readonly pairs: number;
  readonly inFlight: number;
}

/** Who can keep something for whoever takes it first. */
export interface PairsPeer {
  readonly name: string;
  availability(): Promise<Availability>;
  start(folder: string): Promise<Server>;
  /** Puts and takes so many, one client, and checks that each was taken once. */
  run(address: string, run: PairsRun): Promise<void>;
}

export const pairsPeers: readonly PairsPeer[] = [
  tellwhen('Tellwhen, a take and its commit', false),
  tellwhen('Tellwhen, final takes', true),
  redis('Redis, LPUSH, BLMOVE and LREM', true),
  redis('Redis, LPUSH and BLPOP', false),
];

/** By the client library, as any program uses it: each call a promise. */
function tellwhen(name: string, final: boolean): PairsPeer {
  return {
    name,
    availability: async () => ({ version: 'this' }),
    start: (folder) => startBroker(folder, ['--memory']),
    async run(address, { pairs, inFlight }) {
      const client = await connect(address, { name: 'bench' });
      const space = client.space('pairs');
      const taken = new Taken(pairs);
      let next = 0;
      const line = async (): Promise<void> => {
        while (next < pairs) {
          const n = next++;
          const put = space.out(['job', n, 'resize']);
          const [, got] = await space.in(['job', Number, 'resize'], { final });
          taken.add(got);
          await put;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, line));
      taken.check();
      await client.close();
    },
  };
}

/**
 * By a driver that makes next to nothing for a command. With `acked` an element is moved to another list, and removed from
 * there when it is dealt with, as Redis' manual says for a queue that loses nothing.
 */
function redis(name: string, acked: boolean): PairsPeer {
  return {
    name,
    availability: redisAvailability,
    start: (folder) => startRedis(folder, { save: '', appendonly: 'no' }),
    async run(address, { pairs, inFlight }) {
      const taken = new Taken(pairs);
      const move = commandOf(acked ? ['BLMOVE', 'jobs', 'taken', 'RIGHT', 'LEFT', '0'] : ['BRPOP', 'jobs', '0']);
      let next = 0;
      let lists: RedisLists | undefined;
      const put = (command: Uint8Array): void => lists?.put(command);
      await new Promise<void>((resolve, reject) => {
        const texts = (text: Buffer | undefined): void => {
          // The name of the list comes before what was in it.
          if (text === undefined || text[0] === J) return;
          taken.add(Number(text.toString('latin1')));
          // The one moved first is the last of the list: so it is found at once.
          if (acked) put(commandOf(['LREM', 'taken', '-1', text.toString('latin1')]));
          if (next < pairs) begin();
          else if (taken.count === pairs) resolve();
        };
        const begin = (): void => {
          put(commandOf(['LPUSH', 'jobs', String(next++)]));
          put(move);
        };
        RedisLists.open(REDIS_HOST, Number(address), texts).then((opened) => {
          lists = opened;
          for (let i = 0; i < Math.min(inFlight, pairs); i++) begin();
        }, reject);
      });
      taken.check();
      await lists?.close();
    },
  };
}

const J = 'j'.charCodeAt(0);

/** Numbers from 0 on, each of which is to come once. */
class Taken {
  readonly #seen: Uint8Array;
  count = 0;

  constructor(size: number) {
    this.#seen = new Uint8Array(size);
  }

  add(n: number): void {
    if (this.#seen[n] !== 0) throw new Error(`${n} was taken twice, or was never put`);
    this.#seen[n] = 1;
    this.count += 1;
  }

  check(): void {
    if (this.count !== this.#seen.length) throw new Error(`${this.count} of ${this.#seen.length} were taken`);
  }
}
