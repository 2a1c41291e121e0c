import { checkTopic, type MatchableEvent } from '../../matcher/index.ts';
import type { Time } from '../kernel/time.ts';
import {
  ByteReader,
  ByteWriter,
  type ClientControl,
  type ControlOf,
  ProtocolError,
  readBody,
  writeBody,
} from '../protocol/index.ts';
import { PublishedEvent } from '../publish/event.ts';
import type { JsonLimits } from '../publish/json.ts';
import type { RecentEvents } from '../publish/recent.ts';

type Asked = ControlOf<ClientControl, 'explain'>['event'];

export interface AskedEventsMeans {
  readonly recent: RecentEvents;
  readonly jsonLimits: JsonLimits;
  readonly time: Time;
  readonly lastSeq: () => number;
}

/** The events that questions are about: published not long ago, or only imagined. */
export class AskedEvents {
  readonly #means: AskedEventsMeans;

  constructor(means: AskedEventsMeans) {
    this.#means = means;
  }

  /** Throws FilterError `topic_invalid`, or ProtocolError `event_gone`, `event_unknown` or `attributes_invalid`. */
  find(event: Asked): MatchableEvent {
    return 'seq' in event ? this.#recall(event.seq) : this.#imagine(event);
  }

  #recall(seq: number): MatchableEvent {
    const { recent, jsonLimits, lastSeq } = this.#means;
    const recalled = recent.recall(seq);
    if (recalled !== undefined) {
      const { topic, time, body } = recalled;
      return new PublishedEvent({ seq, topic, time, arrivedMs: 0 }, body, jsonLimits);
    }
    throw seq > lastSeq()
      ? new ProtocolError('event_unknown', `event ${seq} was not published yet; the last one is ${lastSeq()}`)
      : new ProtocolError('event_gone', `event ${seq} is too long ago to be remembered; explain it by its content`);
  }

  /** As if it were published: through the same encoding, the same limits and the same decoding. */
  #imagine({ topic, data, ...said }: Exclude<Asked, { readonly seq: number }>): MatchableEvent {
    checkTopic(topic);
    const to = new ByteWriter();
    writeBody(to, { ...said, data: new TextEncoder().encode(data === undefined ? '' : JSON.stringify(data)) });
    const body = readBody(new ByteReader(to.written()));
    if (body.fault !== undefined) throw new ProtocolError('attributes_invalid', body.fault);
    const time = said.time ?? this.#means.time.wallMs();
    return new PublishedEvent({ seq: 0, topic, time, arrivedMs: 0 }, body, this.#means.jsonLimits);
  }
}
