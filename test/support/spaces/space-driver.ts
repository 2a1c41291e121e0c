import type { LeaseGrant } from '../../../broker/protocol/index.ts';
import type { RawPeer } from '../raw-peer.ts';
import { ANY, SpacePeer } from '../space-peer.ts';
import type { HistoryEntry } from './space-history.ts';
import type { Answer, Pair, Step, Wanted } from './space-model.ts';

/** A broker that a driver drives. */
export interface DrivenBroker {
  readonly connect: () => RawPeer;
  readonly advance: (ms: number) => void;
  readonly restart: () => Promise<void>;
  readonly durable: boolean;
}

/** Carries out steps at a broker, and notes what it answers. */
export class SpaceDriver {
  readonly history: HistoryEntry[] = [];
  readonly #broker: DrivenBroker;
  readonly #clients = new Map<number, SpacePeer>();
  /** By client and ref, the step that asked. */
  readonly #asked = new Map<string, number>();
  readonly #leases = new Map<number, LeaseGrant>();

  constructor(broker: DrivenBroker) {
    this.#broker = broker;
  }

  async do(step: Step): Promise<void> {
    await this.#carryOut(step);
    this.history.push({ step, answers: this.#answers() });
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.kind) {
      case 'advance':
        return this.#broker.advance(step.ms);
      case 'restart':
        await this.#broker.restart();
        this.#clients.clear();
        return;
      case 'close':
        this.#peer(step.client).peer.peer.close(1000, 'done');
        this.#clients.delete(step.client);
        return this.#broker.advance(0);
      case 'cancel':
        return this.#peer(step.client).cancel(this.#refOf(step.find));
      default:
        this.#asked.set(`${step.client} ${this.#ask(step)}`, step.id);
    }
  }

  #ask(step: Exclude<Step, { readonly kind: 'advance' | 'restart' | 'close' | 'cancel' }>): number {
    const peer = this.#peer(step.client);
    const none = { id: 0, token: 0, remainingMs: 0 };
    const lease = (id: number): LeaseGrant => this.#leases.get(id) ?? none;
    const within = 'within' in step && step.within !== undefined ? { transaction: lease(step.within).id } : {};
    switch (step.kind) {
      case 'out':
        return peer.out(step.pair, { leaseMs: step.leaseMs, ...within });
      case 'find': {
        const { take, wait, final, leaseMs } = step;
        const kept = take && !final && step.within === undefined ? { leaseMs } : {};
        return peer.find({ ...template(step.wanted), take, final, ...(wait && { waitMs: 0 }), ...kept, ...within });
      }
      case 'begin':
        peer.begin(step.leaseMs);
        return peer.lastRef;
      case 'commit':
        return peer.commit(lease(step.holding));
      case 'abort':
        return peer.abort(lease(step.holding));
    }
  }

  #peer(client: number): SpacePeer {
    let peer = this.#clients.get(client);
    if (peer === undefined) {
      peer = new SpacePeer(this.#broker.connect(), 'space', { durable: this.#broker.durable });
      this.#clients.set(client, peer);
    }
    return peer;
  }

  #refOf(id: number): number {
    for (const [asked, step] of this.#asked) if (step === id) return Number(asked.split(' ')[1]);
    return 0;
  }

  /** What came since the last step. */
  #answers(): Answer[] {
    const answers: Answer[] = [];
    for (const [client, { peer }] of this.#clients) {
      for (const record of peer.records.splice(0)) {
        const id = this.#asked.get(`${client} ${record['ref']}`);
        if (id === undefined) continue;
        const lease = record['lease'] as LeaseGrant | undefined;
        if (lease !== undefined) this.#leases.set(id, lease);
        switch (record.record) {
          case 'found':
            answers.push({ id, pair: (record['tuples'] as { value: Pair }[])[0]?.value as Pair });
            break;
          case 'nothing':
            answers.push({ id, said: record['reason'] as 'none' | 'cancelled' });
            break;
          case 'written':
          case 'begun':
          case 'settled':
          case 'refused':
            answers.push({ id, said: record.record });
        }
      }
    }
    return answers;
  }
}

function template({ key, value, over }: Wanted): { is?: unknown; when?: string } {
  if (over !== undefined) return { ...(key !== undefined && { is: [key, ANY] }), when: `$1 > ${over}` };
  if (key === undefined && value === undefined) return {};
  return { is: [key ?? ANY, value ?? ANY] };
}
