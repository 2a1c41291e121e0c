import type { Peer, Server } from '../peers/peer.ts';
import { ClientRun } from './client-run.ts';
import { withFolder } from './data-folder.ts';
import type { ConsumeReport } from './messages.ts';
import { type Publishing, publishAt } from './publish-at.ts';
import { expectWaiting } from './waiting.ts';

export interface RoundOrder {
  /** Where it makes its folder. */
  readonly parent: string;
  /** Events published with `inFlight` unacknowledged; taken afterwards; and published once more while they are taken. */
  readonly events: number;
  readonly inFlight: number;
  /** Events published one at a time. */
  readonly alone: number;
}

/** What one peer did in one round. Rates are events a second; processor time is microseconds an event. */
export interface PeerRound {
  readonly alone: { readonly rate: number; readonly p50Us: number; readonly p99Us: number };
  readonly batched: Flow;
  /** Events that were stored are taken and acknowledged, in order and each once; the client is the consumer. */
  readonly drained: Flow;
  /** From the first publish until the last event was taken and acknowledged. */
  readonly passed: Omit<Flow, 'clientCpuUs'>;
  /** Of the server, at the end. */
  readonly ownBytes: number;
  readonly mappedBytes: number;
}

export interface Flow {
  readonly rate: number;
  readonly clientCpuUs: number;
  readonly serverCpuUs: number;
}

/** Events before the clock starts; no more than are measured. */
const WARM_UP_MAX = 20_000;
/** Enough for client and server to have compiled what one event at a time runs through: after a hundred, most is interpreted yet. */
const WARM_UP_ALONE = 1_000;
const KEPT = 'kept';
const PASSING = 'passing';

/**
 * A server of its own on an empty folder, and clients in processes of their own.
 *
 * @throws Error when an event is lost, comes twice, out of order or changed; or was not acknowledged.
 */
export function measurePeer(peer: Peer, order: RoundOrder): Promise<PeerRound> {
  return withFolder(order.parent, async (folder) => {
    const server = await peer.start(folder);
    try {
      const round = new Round(peer, server, order);
      const { batched, alone } = await round.publish();
      const drained = await round.drain();
      const passed = await round.pass();
      const { ownBytes, mappedBytes } = server.usage();
      return { alone, batched, drained, passed, ownBytes, mappedBytes };
    } finally {
      await server.stop();
    }
  });
}

class Round {
  readonly #peer: Peer;
  readonly #server: Server;
  readonly #order: RoundOrder;
  readonly #warmUp: number;
  /** Events in the queue that is published to first. */
  #kept = 0;

  constructor(peer: Peer, server: Server, order: RoundOrder) {
    this.#peer = peer;
    this.#server = server;
    this.#order = order;
    this.#warmUp = Math.min(WARM_UP_MAX, order.events);
  }

  async publish(): Promise<Pick<PeerRound, 'batched' | 'alone'>> {
    const { events, inFlight, alone } = this.#order;
    const cpuBefore = this.#serverCpu;
    const many = await this.#publishAt(KEPT, {
      first: 0,
      count: this.#warmUp + events,
      inFlight,
      warmUp: this.#warmUp,
    });
    const serverCpuUs = this.#serverCpuUs(cpuBefore, this.#warmUp + events);
    const one = await this.#publishAt(KEPT, {
      first: this.#warmUp + events,
      count: WARM_UP_ALONE + alone,
      inFlight: 1,
      warmUp: WARM_UP_ALONE,
    });
    this.#kept = this.#warmUp + events + WARM_UP_ALONE + alone;
    await this.#expectWaiting(KEPT, this.#kept);
    return {
      batched: { rate: rateOf(events, many), clientCpuUs: (many.cpuSeconds / events) * 1e6, serverCpuUs },
      alone: { rate: rateOf(alone, one), p50Us: one.latencyUs.p50, p99Us: one.latencyUs.p99 },
    };
  }

  async drain(): Promise<Flow> {
    const timed = this.#kept - this.#warmUp;
    const cpuBefore = this.#serverCpu;
    const report = await this.#consume(KEPT, this.#kept, async () => {});
    return {
      rate: rateOf(timed, report),
      clientCpuUs: (report.cpuSeconds / timed) * 1e6,
      serverCpuUs: this.#serverCpuUs(cpuBefore, this.#kept),
    };
  }

  async pass(): Promise<PeerRound['passed']> {
    const { events, inFlight } = this.#order;
    const count = this.#warmUp + events;
    const cpuBefore = this.#serverCpu;
    let startNs = 0;
    const { endNs } = await this.#consume(PASSING, count, async () => {
      ({ startNs } = await this.#publishAt(PASSING, { first: 0, count, inFlight, warmUp: this.#warmUp }));
    });
    return { rate: rateOf(events, { startNs, endNs }), serverCpuUs: this.#serverCpuUs(cpuBefore, count) };
  }

  /** Resolves when `count` events were taken and nothing of them is left. `work` is done when the consumer is there. */
  async #consume(queue: string, count: number, work: () => Promise<void>): Promise<ConsumeReport> {
    const at = { peer: this.#peer.key, address: this.#server.address, queue };
    const consumer = new ClientRun({ kind: 'consume', count, warmUp: this.#warmUp, ...at });
    try {
      await consumer.next('ready');
      await work();
      const { report } = await consumer.next('consumed');
      if (report.wrong > 0) throw new Error(`${this.#peer.name}: ${report.wrong} of ${count} events were wrong`);
      await consumer.end();
      await this.#expectWaiting(queue, 0);
      return report;
    } finally {
      await consumer.end(true);
    }
  }

  #publishAt(queue: string, publishing: Publishing) {
    return publishAt(this.#peer, this.#server.address, queue, publishing);
  }

  #expectWaiting(queue: string, count: number): Promise<void> {
    return expectWaiting(this.#peer, this.#server.address, queue, count);
  }

  get #serverCpu(): number {
    return this.#server.usage().cpuSeconds;
  }

  #serverCpuUs(before: number, events: number): number {
    return ((this.#serverCpu - before) / events) * 1e6;
  }
}

function rateOf(events: number, { startNs, endNs }: { readonly startNs: number; readonly endNs: number }): number {
  return events / ((endNs - startNs) / 1e9);
}
