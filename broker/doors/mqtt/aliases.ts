import { MqttError, REASON } from './reasons.ts';

/** Topic aliases of one connection, section 3.3.2.3.4, as the client defines them. */
export class IncomingAliases {
  readonly #max: number;
  readonly #topics = new Map<number, string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The topic of a PUBLISH. Throws MqttError. */
  resolve(topic: string, alias: number | undefined): string {
    if (alias === undefined) {
      if (topic === '') throw new MqttError(REASON.protocolError, 'neither a topic nor an alias [MQTT-3.3.2-1]');
      return topic;
    }
    // [MQTT-3.3.2-8] [MQTT-3.3.2-9]
    if (alias === 0 || alias > this.#max) {
      throw new MqttError(REASON.topicAliasInvalid, `topic alias ${alias}; from 1 to ${this.#max} [MQTT-3.3.2-9]`);
    }
    if (topic !== '') {
      this.#topics.set(alias, topic);
      return topic;
    }
    const known = this.#topics.get(alias);
    if (known === undefined) throw new MqttError(REASON.protocolError, `topic alias ${alias} was not defined`);
    return known;
  }
}

/** The same towards the client: the first topics have one each, for as long as the connection lasts. */
export class OutgoingAliases {
  readonly #max: number;
  readonly #aliases = new Map<string, number>();

  /** As many as the client takes [MQTT-3.1.2-26], and 0 for none [MQTT-3.1.2-27]. */
  constructor(max: number) {
    this.#max = max;
  }

  /** 0: it has none. */
  of(topic: string): { readonly alias: number; readonly isKnown: boolean } {
    const known = this.#aliases.get(topic);
    if (known !== undefined) return { alias: known, isKnown: true };
    if (this.#aliases.size >= this.#max) return NONE;
    const alias = this.#aliases.size + 1;
    this.#aliases.set(topic, alias);
    return { alias, isKnown: false };
  }

  /** The packet that was to tell the client of it was not sent. */
  undo(topic: string): void {
    this.#aliases.delete(topic);
  }
}

const NONE = { alias: 0, isKnown: false };
