import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DROP_REASONS } from '../../broker/protocol/index.ts';
import { DeliveryChecker } from '../support/delivery-checker.ts';
import type { RawPeer, ReceivedRecord } from '../support/raw-peer.ts';
import { type SimulatedBroker, simulatedBroker } from '../support/simulated-broker.ts';

interface Lease {
  readonly id: number;
  readonly token: number;
}

type Step =
  | { readonly do: 'publish'; readonly xs: readonly number[] }
  | { readonly do: 'credit'; readonly events: number }
  | { readonly do: 'ack' | 'release' | 'extend' | 'fetch'; readonly pick: number; readonly ms: number }
  | { readonly do: 'wait' | 'stall'; readonly ms: number }
  | { readonly do: 'vanish' | 'pause' | 'resume' };

const ms = fc.integer({ min: 1_000, max: 20_000 });
const pick = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('publish' as const), xs: fc.array(fc.nat(9), { maxLength: 12 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('credit' as const), events: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('ack', 'release', 'extend', 'fetch'), pick, ms }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('wait', 'stall'), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('vanish', 'pause', 'resume') }) },
);

const shape = fc.record({
  mode: fc.constantFrom('push', 'acknowledged', 'pull'),
  queueEvents: fc.integer({ min: 1, max: 12 }),
  creditEvents: fc.integer({ min: 0, max: 5 }),
  overflow: fc.constantFrom('drop-oldest', 'drop-newest'),
  attemptsMax: fc.integer({ min: 1, max: 4 }),
});
type Shape = typeof shape extends fc.Arbitrary<infer S> ? S : never;

const THRESHOLD = 4;
const LOOK_MS = 500;
const LONGEST_REST_MS = 120_000;

/** One subscriber with a lasting subscription, one publisher, and everything that can go wrong between them. */
class Run {
  readonly checker: DeliveryChecker;
  readonly #broker: SimulatedBroker;
  readonly #publisher: RawPeer;
  readonly #shape: Shape;
  readonly #session: { id: string; key: string };
  readonly #subscription: number;
  #peer: RawPeer;
  readonly #leases = new Map<number, Lease>();
  readonly #notices = new Map<number, Lease>();
  /** Settlements without an answer yet, by ref. */
  readonly #asked = new Map<number, { readonly settlement: string; readonly seq: number }>();
  #seq = 0;
  #ref = 10_000;

  constructor(broker: SimulatedBroker, chosen: Shape) {
    const { mode, ...options } = chosen;
    this.#broker = broker;
    this.#shape = chosen;
    this.checker = new DeliveryChecker({ acknowledging: mode !== 'push' });
    this.#publisher = broker.greeted();
    this.#peer = broker.connect();
    this.#session = this.#peer.hello().session;
    this.#subscription = this.#peer.subscribe({
      topic: '#',
      when: `x >= ${THRESHOLD}`,
      mode: mode === 'pull' ? 'pull' : 'push',
      ...(mode === 'acknowledged' && { ack: 'explicit' }),
      deliveryLeaseMs: 5_000,
      retentionMs: 600_000,
      leaseMs: 600_000,
      ...options,
    }).subscription;
  }

  step(step: Step): void {
    switch (step.do) {
      case 'publish':
        for (const x of step.xs) if (++this.#seq > 0 && x >= THRESHOLD) this.checker.matched(this.#seq);
        this.#publisher.publish(...step.xs.map((x) => ({ topic: 'a', data: { x } })));
        break;
      case 'credit':
        this.#peer.credit(this.#subscription, step.events, 100_000);
        break;
      case 'wait':
        this.#wait(step.ms);
        break;
      case 'stall':
        this.#broker.time.stall(step.ms);
        break;
      case 'pause':
        this.#peer.peer.pause();
        break;
      case 'resume':
        this.#peer.peer.resume();
        this.#broker.time.settle();
        this.#look({ late: true });
        break;
      case 'vanish':
        this.#reconnect();
        break;
      default:
        this.#act(step);
    }
    this.#look();
  }

  /** Takes all there is, acknowledges it, and waits until nothing more can come: longer than the longest rest. */
  async finish(): Promise<void> {
    this.#reconnect();
    for (let waited = 0; waited < LONGEST_REST_MS + 10_000; waited += LOOK_MS) {
      if (waited % 10_000 === 0) this.#peer.credit(this.#subscription, 20, 500_000);
      this.#broker.time.advance(LOOK_MS);
      this.#takeAll();
    }
    // A gap is told with the next event.
    this.step({ do: 'publish', xs: [9] });
    this.#takeAll();
    const reasons = DROP_REASONS.map((reason) => this.#broker.metric(`tellwhen_drops_total{reason="${reason}"}`));
    const dropped = (await Promise.all(reasons)).reduce((sum, count) => sum + count, 0);
    this.checker.finish(dropped);
  }

  #takeAll(): void {
    this.#look();
    for (const seq of [...this.#notices.keys()]) this.#fetch(seq);
    this.#look();
    for (const seq of [...this.#leases.keys()]) this.#settle('ack', seq, 0);
  }

  #act({ do: action, pick: nth, ms: duration }: Extract<Step, { readonly pick: number }>): void {
    const from = action === 'fetch' ? this.#notices : this.#leases;
    const seq = [...from.keys()][nth % Math.max(1, from.size)];
    if (seq === undefined) return;
    if (action === 'fetch') this.#fetch(seq);
    else this.#settle(action, seq, duration);
  }

  /** Looks often, so that what comes is seen when it comes. */
  #wait(duration: number): void {
    for (let left = duration; left > 0; left -= LOOK_MS) {
      this.#broker.time.advance(Math.min(LOOK_MS, left));
      this.#look();
    }
  }

  #fetch(seq: number): void {
    this.#peer.fetch(this.#subscription, seq, ++this.#ref);
  }

  #settle(settlement: 'ack' | 'release' | 'extend', seq: number, duration: number): void {
    const lease = this.#leases.get(seq);
    if (lease === undefined) return;
    const ref = ++this.#ref;
    if (settlement === 'ack') this.#peer.ack(lease, ref);
    else if (settlement === 'release') this.#peer.release(lease, duration, ref);
    else this.#peer.extend(lease, duration, ref);
    if (settlement !== 'extend') this.#leases.delete(seq);
    this.#asked.set(ref, { settlement, seq });
    this.#look();
  }

  #answered(): void {
    for (const { ref } of this.#peer.take('settled')) {
      const asked = this.#asked.get(ref as number);
      this.#asked.delete(ref as number);
      if (asked?.settlement === 'ack') this.checker.acknowledged(asked.seq);
      else if (asked !== undefined) this.checker.ended(asked.seq);
    }
    for (const { ref } of this.#peer.take('refused')) this.#asked.delete(ref as number);
  }

  #reconnect(): void {
    // Without acknowledgement, what is in the socket when it breaks is lost, and nobody can know: so it is read before.
    if (this.#shape.mode === 'push') this.step({ do: 'resume' });
    this.#look();
    this.#peer.peer.vanish();
    this.#broker.time.settle();
    this.checker.disconnected();
    for (const { settlement, seq } of this.#asked.values()) {
      if (settlement === 'ack') this.checker.perhapsAcknowledged(seq);
    }
    this.#asked.clear();
    this.#leases.clear();
    this.#notices.clear();
    this.#peer = this.#broker.connect();
    this.#peer.hello(this.#session);
  }

  /** `late`: what is read was sent at some time before. */
  #look({ late = false } = {}): void {
    const nowMs = late ? undefined : this.#broker.time.monotonicMs();
    this.#answered();
    for (const { reason, total } of this.#peer.take('gap')) this.checker.gap(reason as string, total as number);
    for (const record of this.#peer.take('notice')) {
      if (record['attempt'] === 0 && !this.#seen.has(record['seq'] as number))
        this.checker.inOrder(record['seq'] as number);
      this.#seen.add(record['seq'] as number);
      this.#notices.set(record['seq'] as number, record['retention'] as Lease);
    }
    for (const record of this.#peer.take('event')) {
      if (record['attempt'] === 1 || this.#shape.mode === 'push') this.checker.inOrder(record['seq'] as number);
      this.#seen.add(record['seq'] as number);
      this.#delivered(record, nowMs);
    }
    for (const record of this.#peer.take('fetched')) {
      this.#notices.delete(record['seq'] as number);
      this.#delivered(record, nowMs);
    }
  }

  readonly #seen = new Set<number>();

  #delivered(record: ReceivedRecord, nowMs: number | undefined): void {
    this.checker.delivered(record, nowMs);
    if (record['lease'] !== undefined) this.#leases.set(record['seq'] as number, record['lease'] as Lease);
  }
}

describe('over random histories with faults', () => {
  it('nothing is lost silently, delivered twice unflagged, out of order, or under two leases', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.array(step, { minLength: 5, maxLength: 60 }), async (chosen, steps) => {
        const broker = await simulatedBroker();
        const run = new Run(broker, chosen);
        for (const one of steps) run.step(one);
        await run.finish();
        expect(run.checker.faults).toEqual([]);
        expect(broker.faults).toEqual([]);
        expect(await broker.metric('tellwhen_held_events')).toBe(0);
      }),
      { numRuns: 500 },
    );
    // Five hundred brokers: on a machine that is busy otherwise they take their time.
  }, 120_000);
});

describe('the checker', () => {
  const lease = (token: number) => ({ id: 1, token, remainingMs: 5_000 });
  const event = (seq: number, attempt: number, token: number): ReceivedRecord => {
    return { record: 'event', seq, attempt, lease: lease(token) };
  };
  const bad: [string, string, (checker: DeliveryChecker) => void][] = [
    ['an event that does not match', 'does not match', (checker) => checker.delivered(event(1, 1, 1), 0)],
    [
      'an event after its acknowledgement',
      'after it was acknowledged',
      (checker) => {
        checker.matched(1);
        checker.delivered(event(1, 1, 1), 0);
        checker.acknowledged(1);
        checker.delivered(event(1, 2, 2), 0);
      },
    ],
    [
      'a duplicate that is not flagged',
      'not flagged',
      (checker) => {
        checker.matched(1);
        checker.delivered(event(1, 1, 1), 0);
        checker.delivered(event(1, 1, 2), 6_000);
      },
    ],
    [
      'two leases on one event',
      'two leases',
      (checker) => {
        checker.matched(1);
        checker.delivered(event(1, 1, 1), 0);
        checker.delivered(event(1, 2, 2), 4_999);
      },
    ],
    [
      'a token that does not rise',
      'does not rise',
      (checker) => {
        checker.matched(1);
        checker.delivered(event(1, 1, 2), 0);
        checker.delivered(event(1, 2, 2), 6_000);
      },
    ],
    [
      'events out of order',
      'came after',
      (checker) => {
        checker.inOrder(2);
        checker.inOrder(1);
      },
    ],
    [
      'an event that is never heard of again',
      '1 matched, 0 done',
      (checker) => {
        checker.matched(1);
        checker.finish(0);
      },
    ],
    [
      'a drop that nobody was told of',
      '1 counted as dropped, 0 told',
      (checker) => {
        checker.matched(1);
        checker.finish(1);
      },
    ],
  ];
  it.each(bad)('finds %s', (_name, fault, history) => {
    const checker = new DeliveryChecker({ acknowledging: true });
    history(checker);
    expect(checker.faults.join()).toContain(fault);
  });
});
