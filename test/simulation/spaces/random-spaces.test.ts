import { describe, expect, it } from 'vitest';
import { type Chance, seededChance } from '../../../broker/kernel/chance.ts';
import { DurableBroker } from '../../support/durable-broker.ts';
import { simulatedBroker } from '../../support/simulated-broker.ts';
import { type DrivenBroker, SpaceDriver } from '../../support/spaces/space-driver.ts';
import { faultOf, type HistoryEntry } from '../../support/spaces/space-history.ts';
import type { Step, Wanted } from '../../support/spaces/space-model.ts';

const SEEDS = 60;
const STEPS = 150;
const CLIENTS = 4;

/**
 * Steps are at whole seconds, leases of tuples end 300 ms after one and those of takes 600 ms: so what ends first is known,
 * though an end may be 200 ms late.
 */
class RandomSteps {
  readonly #chance: Chance;
  readonly #restarts: boolean;
  #id = 0;
  #finds: { readonly id: number; readonly client: number }[] = [];
  #holdings: { readonly id: number; readonly client: number }[] = [];
  #transactions: { readonly id: number; readonly client: number }[] = [];

  constructor(seed: number, restarts: boolean) {
    this.#chance = seededChance(seed);
    this.#restarts = restarts;
  }

  next(): Step[] {
    const client = this.#below(CLIENTS);
    const id = ++this.#id;
    const roll = this.#below(100);
    const transaction = this.#transactions.findLast((one) => one.client === client);
    const within = transaction !== undefined && this.#below(2) === 0 ? { within: transaction.id } : {};
    if (roll < 35) {
      const pair = [this.#key(), this.#below(4)] as const;
      return [
        {
          kind: 'out',
          client,
          id,
          pair,
          leaseMs: this.#restarts ? 3_600_300 : 1_000 * (1 + this.#below(20)) + 300,
          ...within,
        },
      ];
    }
    if (roll < 70) {
      const take = this.#below(3) > 0;
      const wait = this.#below(2) === 0;
      const final = take && !('within' in within) && this.#below(4) === 0;
      this.#finds.push({ id, client });
      if (take && !final) this.#holdings.push({ id, client });
      return [
        { kind: 'find', client, id, wanted: this.#wanted(), take, wait, final, leaseMs: this.#leaseMs(), ...within },
      ];
    }
    if (roll < 75) {
      this.#transactions.push({ id, client });
      this.#holdings.push({ id, client });
      return [{ kind: 'begin', client, id, leaseMs: this.#leaseMs() }];
    }
    if (roll < 90) {
      const holding = this.#holdings[this.#below(this.#holdings.length)];
      if (holding === undefined) return [];
      return [{ kind: this.#below(2) === 0 ? 'commit' : 'abort', client: holding.client, id, holding: holding.id }];
    }
    if (roll < 93) {
      const find = this.#finds[this.#below(this.#finds.length)];
      return find === undefined ? [] : [{ kind: 'cancel', client: find.client, id, find: find.id }];
    }
    if (roll < 95) return this.#close(client);
    if (this.#restarts && roll < 97) {
      for (let one = 0; one < CLIENTS; one++) this.#close(one);
      return [{ kind: 'restart' }, { kind: 'advance', ms: 4_000 }, { kind: 'advance', ms: 2_000 }];
    }
    return [{ kind: 'advance', ms: 1_000 * (1 + this.#below(3)) }];
  }

  /** What a connection had is none of its successor's. */
  #close(client: number): Step[] {
    const isOther = (one: { readonly client: number }): boolean => one.client !== client;
    this.#finds = this.#finds.filter(isOther);
    this.#holdings = this.#holdings.filter(isOther);
    this.#transactions = this.#transactions.filter(isOther);
    return [{ kind: 'close', client }];
  }

  #wanted(): Wanted {
    const roll = this.#below(5);
    if (roll === 0) return {};
    if (roll === 1) return { value: this.#below(4) };
    if (roll === 2) return { key: this.#key(), over: this.#below(3) };
    if (roll === 3) return { key: this.#key(), value: this.#below(4) };
    return { key: this.#key() };
  }

  #leaseMs(): number {
    return 1_000 * (1 + this.#below(8)) + 600;
  }

  #key(): string {
    return ['a', 'b', 'c'][this.#below(3)] as string;
  }

  #below(bound: number): number {
    return Math.floor(this.#chance.fraction() * bound);
  }
}

async function historyOf(seed: number, broker: DrivenBroker): Promise<readonly HistoryEntry[]> {
  const driver = new SpaceDriver(broker);
  const steps = new RandomSteps(seed, broker.durable);
  for (let i = 0; i < STEPS; i++) for (const step of steps.next()) await driver.do(step);
  return driver.history;
}

describe('random clients of a space are answered as the model says', () => {
  it('in memory', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { greeted, time, faults } = await simulatedBroker();
      const advance = (ms: number): void => (ms === 0 ? time.settle() : time.advance(ms));
      const restart = (): Promise<void> => Promise.reject(new Error('not here'));
      const history = await historyOf(seed, { connect: greeted, advance, restart, durable: false });
      expect(faultOf(history), `seed ${seed}`).toBeUndefined();
      expect(faults).toEqual([]);
    }
  }, 120_000);

  it('on disk, over restarts', async () => {
    for (let seed = 1; seed <= SEEDS / 3; seed++) {
      const durable = await DurableBroker.start();
      const advance = (ms: number): void => (ms === 0 ? durable.time.settle() : durable.time.advance(ms));
      const history = await historyOf(seed, {
        connect: () => durable.greeted(),
        advance,
        restart: () => durable.restart(),
        durable: true,
      });
      expect(faultOf(history), `seed ${seed}`).toBeUndefined();
      expect(durable.faults).toEqual([]);
    }
  }, 120_000);
});

describe('the model finds fault with', () => {
  const out = (id: number, pair: readonly [string, number] = ['a', 1]): HistoryEntry => ({
    step: { kind: 'out', client: 0, id, pair, leaseMs: 10_000 },
    answers: [{ id, said: 'written' }],
  });
  const find = (
    id: number,
    answers: HistoryEntry['answers'],
    more: { take?: boolean; wait?: boolean } = {},
  ): HistoryEntry => ({
    step: {
      kind: 'find',
      client: 1,
      id,
      wanted: { key: 'a' },
      take: true,
      wait: false,
      final: false,
      leaseMs: 5_000,
      ...more,
    },
    answers,
  });
  const pair = ['a', 1] as const;
  const advance = (ms: number): HistoryEntry => ({ step: { kind: 'advance', ms }, answers: [] });
  const settled = (kind: 'commit' | 'abort', id: number, holding: number): HistoryEntry => ({
    step: { kind, client: 1, id, holding },
    answers: [{ id, said: 'settled' }],
  });

  it.each<[string, HistoryEntry[]]>([
    ['a tuple taken twice', [out(1), find(2, [{ id: 2, pair }]), find(3, [{ id: 3, pair }])]],
    [
      'a tuple taken again after its commit',
      [out(1), find(2, [{ id: 2, pair }]), settled('commit', 3, 2), find(4, [{ id: 4, pair }])],
    ],
    [
      'a tuple lost by an abort',
      [out(1), find(2, [{ id: 2, pair }]), settled('abort', 3, 2), find(4, [{ id: 4, said: 'none' }])],
    ],
    [
      'a tuple that is back behind its place',
      [
        out(1),
        out(2, ['a', 2]),
        find(3, [{ id: 3, pair }]),
        settled('abort', 4, 3),
        find(5, [{ id: 5, pair: ['a', 2] }]),
      ],
    ],
    ['a tuple that ends early', [out(1), advance(9_000), find(2, [{ id: 2, said: 'none' }])]],
    ['a tuple that does not end', [out(1), advance(11_000), find(2, [{ id: 2, pair }])]],
    ['a take that ends early', [out(1), find(2, [{ id: 2, pair }]), advance(4_000), find(3, [{ id: 3, pair }])]],
    [
      'who came first and is served second',
      [
        find(1, [], { wait: true }),
        find(2, [], { wait: true }),
        {
          ...out(3),
          answers: [
            { id: 3, said: 'written' },
            { id: 2, pair },
          ],
        },
      ],
    ],
    [
      'a reader who is left out for a taker',
      [
        find(1, [], { wait: true, take: false }),
        find(2, [], { wait: true }),
        {
          ...out(3),
          answers: [
            { id: 3, said: 'written' },
            { id: 2, pair },
          ],
        },
      ],
    ],
    [
      'a tuple given to who has gone',
      [
        find(1, [], { wait: true }),
        { step: { kind: 'close', client: 1 }, answers: [] },
        {
          ...out(3),
          answers: [
            { id: 3, said: 'written' },
            { id: 1, pair },
          ],
        },
      ],
    ],
    ['a waiter that is forgotten', [find(1, [], { wait: true }), out(2)]],
  ])('%s', (_name, history) => expect(faultOf(history)).toContain(`step ${history.length - 1}`));
});
