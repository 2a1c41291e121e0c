import type { LeaseGrant } from '../../protocol/index.ts';

/** Where a message on its way to the client came from, if it is kept until the client has it. */
export interface Origin {
  /** By seq, those of one subscription. */
  readonly flights: Map<number, Flight>;
  /** The number of that subscription within its session. */
  readonly subscription: number;
  readonly seq: number;
}

/**
 * A message with QoS 1 or 2 on its way to the client, from its first PUBLISH to the last acknowledgement, section 4.3.
 *
 *     sent ──PUBACK──▶ over
 *     sent ──PUBREC──▶ released ──PUBCOMP──▶ over
 */
export interface Flight {
  readonly packetId: number;
  readonly qos: 1 | 2;
  state: 'sent' | 'released';
  origin: Origin | undefined;
  /** Of the delivery. Absent: nobody keeps the event, or an earlier run of the broker sent it. */
  lease: LeaseGrant | undefined;
  /** The connection over which it went last. */
  via: object | undefined;
  /** The client has it, and the mailbox could not be told: it is when it hands it over again. */
  isDone: boolean;
}

const PACKET_ID_MAX = 0xffff;

/** The packet identifiers in use towards one client, across its connections [MQTT-2.2.1-4]. */
export class Flights implements Iterable<Flight> {
  readonly #byId = new Map<number, Flight>();
  #last = 0;

  get count(): number {
    return this.#byId.size;
  }

  /** In the order in which they began. */
  [Symbol.iterator](): IterableIterator<Flight> {
    return this.#byId.values();
  }

  get(packetId: number): Flight | undefined {
    return this.#byId.get(packetId);
  }

  /** With the next identifier that is free. The caller holds the bound, which is far below how many there are. */
  begin(qos: 1 | 2, origin: Origin | undefined, lease: LeaseGrant | undefined, via: object): Flight {
    do this.#last = this.#last === PACKET_ID_MAX ? 1 : this.#last + 1;
    while (this.#byId.has(this.#last));
    const flight: Flight = { packetId: this.#last, qos, state: 'sent', origin, lease, via, isDone: false };
    this.#add(flight);
    return flight;
  }

  /** One with QoS 2 that an earlier run of the broker began. */
  restore(packetId: number, origin: Origin | undefined): void {
    const state = origin === undefined ? 'released' : 'sent';
    this.#add({ packetId, qos: 2, state, origin, lease: undefined, via: undefined, isDone: false });
  }

  end(flight: Flight): void {
    this.#byId.delete(flight.packetId);
    flight.origin?.flights.delete(flight.origin.seq);
  }

  #add(flight: Flight): void {
    this.#byId.set(flight.packetId, flight);
    flight.origin?.flights.set(flight.origin.seq, flight);
  }
}
