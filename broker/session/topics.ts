import { checkTopic, FilterError } from '../../matcher/index.ts';
import { type ByteWriter, ProtocolError, writeBrokerRecord } from '../protocol/index.ts';

/**
 * Topics of outgoing events: each is told once as a text and from then on as a small number. When the numbers are used
 * up the table starts over, which costs one text for each topic still in use and needs no order of use to be kept.
 */
export class OutgoingTopics {
  readonly #max: number;
  readonly #aliases = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The number of a topic; writes its definition to `to` first where the peer does not know it. */
  alias(topic: string, to: ByteWriter): number {
    const known = this.#aliases.get(topic);
    if (known !== undefined) return known;
    if (this.#aliases.size >= this.#max) this.#aliases.clear();
    const alias = this.#aliases.size;
    this.#aliases.set(topic, alias);
    writeBrokerRecord.topic(to, alias, topic);
    return alias;
  }
}

/** Topics of incoming events, as the peer numbered them. */
export class IncomingTopics {
  readonly #max: number;
  readonly #topics: (string | ProtocolError | undefined)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** A text that is no topic is remembered with its fault, and refused to each publish that names it. */
  define(alias: number, text: string): void {
    if (alias >= this.#max) {
      throw new ProtocolError('topic_alias_invalid', `topic alias ${alias}; aliases are below ${this.#max}`);
    }
    this.#topics[alias] = checked(text);
  }

  /** `undefined` where `get` throws. */
  find(alias: number): string | undefined {
    const topic = this.#topics[alias];
    return typeof topic === 'string' ? topic : undefined;
  }

  /** Throws ProtocolError `topic_invalid` or `topic_alias_invalid`. */
  get(alias: number): string {
    const topic = this.#topics[alias];
    if (topic === undefined) throw new ProtocolError('topic_alias_invalid', `topic alias ${alias} was not defined`);
    if (typeof topic !== 'string') throw topic;
    return topic;
  }
}

/** The fault is kept without the text, which may be long, and without its stack. */
function checked(text: string): string | ProtocolError {
  try {
    checkTopic(text);
    return text;
  } catch (error) {
    if (error instanceof FilterError) return new ProtocolError(error.code, error.message.slice(0, 200), error.offset);
    throw error;
  }
}
