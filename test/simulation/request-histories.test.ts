import { describe, expect, it } from 'vitest';
import { seededChance } from '../../broker/kernel/chance.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { type SimulatedBroker, simulatedBroker } from '../support/simulated-broker.ts';

/** What one asker was told of its requests, by ref. */
interface Asked {
  readonly peer: RawPeer;
  /** The id of what was asked, and how many last words came. */
  readonly open: Map<number, { readonly id: string | undefined; ends: number }>;
}

interface Serving {
  readonly peer: RawPeer;
  readonly calls: unknown[];
}

/**
 * Askers, servers, and a chance that decides who does what next: asks, says it again, gives up, vanishes, replies, stops,
 * fails, lets time pass. The rules are checked at each step, and at the end that nothing is left.
 */
class History {
  readonly world: SimulatedBroker;
  readonly #chance: () => number;
  #askers: Asked[] = [];
  #servers: Serving[] = [];
  #ref = 0;
  #answers = 0;
  /** The one result of each id. */
  readonly #results = new Map<string, unknown>();

  constructor(world: SimulatedBroker, seed: number) {
    this.world = world;
    const { fraction } = seededChance(seed);
    this.#chance = fraction;
    for (let i = 0; i < 3; i++) this.#askers.push(this.#newAsker());
    for (let i = 0; i < 3; i++) this.#servers.push(this.#newServer());
  }

  step(): void {
    const [asker, server] = [this.#one(this.#askers), this.#one(this.#servers)];
    const what = this.#chance();
    if (what < 0.4) this.#ask(asker);
    else if (what < 0.75) this.#reply(server);
    else if (what < 0.8) asker.peer.cancelRequest(this.#giveUp(asker));
    else if (what < 0.84) {
      asker.peer.peer.close(1000, '');
      this.#askers = this.#askers.map((one) => (one === asker ? this.#newAsker() : one));
    } else if (what < 0.88) {
      server.peer.peer.close(1000, '');
      this.#servers = this.#servers.map((one) => (one === server ? this.#newServer() : one));
    } else this.world.time.advance(Math.floor(this.#chance() * 400));
    this.world.time.settle();
    this.#read();
  }

  /** Everybody replies, and time passes: then nothing may be left. */
  async end(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      for (const server of this.#servers) while (server.calls.length > 0) this.#reply(server);
      this.world.time.advance(100);
      this.#read();
    }
    for (const { open } of this.#askers) expect([...open.values()].filter(({ ends }) => ends !== 1)).toEqual([]);
    expect(await this.world.metric('tellwhen_rpc_open_requests')).toBe(0);
    expect(await this.world.metric('tellwhen_rpc_waiting_requests')).toBe(0);
    expect(await this.world.metric('tellwhen_rpc_held_bytes')).toBe(0);
    expect(this.world.faults).toEqual([]);
  }

  #ask({ peer, open }: Asked): void {
    const ref = ++this.#ref;
    const keyed = this.#chance() < 0.6;
    // Few, so that they are said again.
    const id = keyed ? `k${Math.floor(this.#chance() * 12)}` : undefined;
    open.set(ref, { id, ends: 0 });
    peer.askFor(ref, 'work/a', id ?? ref, {
      timeoutMs: 100 + Math.floor(this.#chance() * 900),
      ...(id !== undefined && { id }),
    });
  }

  #reply({ peer, calls }: Serving): void {
    const [call] = calls.splice(Math.floor(this.#chance() * calls.length), 1);
    if (call === undefined) return;
    if (this.#chance() < 0.2) peer.reply(call, undefined, 'stopped');
    else peer.reply(call, ++this.#answers);
    this.world.time.settle();
    this.#read();
  }

  #giveUp({ open }: Asked): number {
    for (const [ref, { ends }] of open) {
      if (ends > 0) continue;
      open.delete(ref);
      return ref;
    }
    return 999_999;
  }

  #read(): void {
    for (const { peer, calls } of this.#servers) {
      for (const { call } of peer.take('call')) calls.push(call);
      // A fault of the broker's own would be told so.
      expect([peer.take('refused'), peer.closed]).toEqual([[], undefined]);
    }
    for (const asker of this.#askers) {
      for (const { ref, data } of asker.peer.take('replied')) this.#ended(asker, ref as number, data);
      for (const { ref } of asker.peer.take('refused')) this.#ended(asker, ref as number, undefined);
    }
  }

  #ended({ open }: Asked, ref: number, result: unknown): void {
    const asked = open.get(ref);
    // It was given up.
    if (asked === undefined) return;
    asked.ends += 1;
    expect(asked.ends).toBe(1);
    if (asked.id === undefined || result === undefined) return;
    if (!this.#results.has(asked.id)) this.#results.set(asked.id, result);
    expect(result).toBe(this.#results.get(asked.id));
  }

  #newAsker(): Asked {
    return { peer: this.world.greeted(), open: new Map() };
  }

  #newServer(): Serving {
    const peer = this.world.greeted();
    peer.serve({ topic: 'work/+', concurrency: 1 + Math.floor(this.#chance() * 3) });
    return { peer, calls: [] };
  }

  #one<T>(of: readonly T[]): T {
    return of[Math.floor(this.#chance() * of.length)] as T;
  }
}

describe('requests over random histories', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'end once each, answer one id one way, and leave nothing behind: seed %i',
    async (seed) => {
      const history = new History(await simulatedBroker({ requestsWaitingMax: 4 }), seed);
      for (let i = 0; i < 300; i++) history.step();
      await history.end();
    },
  );
});
