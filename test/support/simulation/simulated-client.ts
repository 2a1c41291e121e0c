import {
  type Body,
  type BrokerControl,
  ByteWriter,
  type ClientControl,
  type Code,
  type ControlOf,
  type Delivery,
  decodeControls,
  type Notice,
  type Receipt,
  readBrokerRecords,
} from '../../../broker/protocol/index.ts';
import type { MemoryPeer } from '../../../broker/transports/memory-peer.ts';
import { brokerRecordsOneByOne, type SingleBrokerRecords } from '../one-by-one.ts';

type Fields<K extends ClientControl['kind']> = Omit<ControlOf<ClientControl, K>, 'kind' | 'ref'>;

/**
 * A client of a simulation: connects, says hello, and forgets everything about a connection when it ends. Nothing waits:
 * answers come when they come.
 */
export abstract class SimulatedClient {
  readonly name: string;
  #peer: MemoryPeer | undefined;
  #ref = 0;
  #greeted = false;
  readonly #answers = new Map<number, (answer: BrokerControl) => void>();

  constructor(name: string) {
    this.name = name;
  }

  /** Connected, and welcome. */
  get up(): boolean {
    return this.#greeted;
  }

  /** Connected, or about to be. */
  get trying(): boolean {
    return this.#peer !== undefined;
  }

  connect(peer: MemoryPeer): void {
    this.#peer = peer;
    peer.handler = {
      onOpen: () => {
        if (this.#peer !== peer) return;
        this.request('hello', { client: this.name }, (answer) => {
          if (answer.kind !== 'welcome') return;
          this.#greeted = true;
          this.welcomed();
        });
      },
      onText: (text) => {
        if (this.#peer !== peer) return;
        // Unchecked: whoever listens at the broker's edge finds what cannot be read.
        for (const { value } of decodeControls(text)) this.#answered(value as BrokerControl);
      },
      onBinary: (frame) => {
        if (this.#peer === peer) readBrokerRecords(frame, brokerRecordsOneByOne(this.#records));
      },
      onClose: () => {
        if (this.#peer === peer) this.lose();
      },
    };
  }

  /** The connection is gone, and this side knows it. */
  lose(): void {
    if (this.#peer === undefined) return;
    this.#peer = undefined;
    this.#greeted = false;
    this.#answers.clear();
    this.lost();
  }

  /** Goes away without a word. */
  vanish(): void {
    this.#peer?.vanish();
    this.lose();
  }

  /** Stops, or goes on, reading. */
  read(reading: boolean): void {
    if (reading) this.#peer?.resume();
    else this.#peer?.pause();
  }

  #answered(answer: BrokerControl): void {
    if (answer.kind === 'ended') this.onEnded();
    if (!('ref' in answer)) return;
    const then = this.#answers.get(answer.ref);
    this.#answers.delete(answer.ref);
    then?.(answer);
  }

  protected request<K extends ClientControl['kind']>(
    kind: K,
    fields: Fields<K>,
    then: (answer: BrokerControl) => void = () => {},
  ): void {
    if (!this.#greeted && kind !== 'hello') return;
    const ref = this.nextRef();
    this.#answers.set(ref, then);
    this.#peer?.sendText(JSON.stringify({ kind, ref, ...fields }));
  }

  protected send(write: (to: ByteWriter) => void): void {
    const to = new ByteWriter();
    write(to);
    this.#peer?.sendBinary(to.written());
  }

  protected nextRef(): number {
    this.#ref += 1;
    return this.#ref;
  }

  protected abstract welcomed(): void;
  protected abstract lost(): void;
  protected onEnded(): void {}
  protected onReceipt(_ref: number, _receipt: Receipt): void {}
  protected onEvent(_delivery: Delivery, _body: Body): void {}
  protected onNotice(_notice: Notice): void {}
  protected onFetched(_ref: number, _delivery: Delivery, _body: Body): void {}
  protected onSettled(_ref: number): void {}
  protected onRefused(_ref: number, _code: Code): void {}

  readonly #records: SingleBrokerRecords = {
    topic: () => {},
    gap: () => {},
    receipt: (ref, receipt) => this.onReceipt(ref, receipt),
    event: (_subscription, delivery, body) => this.onEvent(delivery, body),
    notice: (_subscription, notice) => this.onNotice(notice),
    fetched: (ref, delivery, body) => this.onFetched(ref, delivery, body),
    settled: (ref) => this.onSettled(ref),
    refused: (ref, code) => this.onRefused(ref, code),
  };
}
