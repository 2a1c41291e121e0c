import { ORDERS, type Order, ProtocolError } from '../../protocol/index.ts';
import { oneOf } from '../../protocol/shape.ts';

/** What the user properties of a SUBSCRIBE ask for, for every filter of the packet. */
export interface Wishes {
  readonly when?: string | undefined;
  /** As in DeliveryTerms. */
  readonly order?: Order | undefined;
  readonly ordered?: true | undefined;
}

/** What a topic filter of MQTT asks for. */
export interface WantedFilter extends Wishes {
  /** The name of a shared subscription, section 4.8.2. */
  readonly share: string | undefined;
  readonly topic: string;
}

const SHARE = '$share/';
const WHEN = '$when/';

const order = oneOf(ORDERS);
const ordered = oneOf(['true', 'false']);

/**
 * Out of the user properties `when`, `order` and `ordered`; others are the client's business. Throws ProtocolError
 * `frame_malformed` where an order has no such value or stands more than once, `predicate_syntax` where `when` does.
 */
export function wishesOf(userProperties: readonly (readonly [name: string, value: string])[] = []): Wishes {
  const only = (wanted: string): string | undefined => {
    const found = userProperties.filter(([name]) => name === wanted);
    if (found.length > 1) {
      const code = wanted === 'when' ? 'predicate_syntax' : 'frame_malformed';
      throw new ProtocolError(code, `the user property ${wanted} stands more than once`);
    }
    return found[0]?.[1];
  };
  const wish = { when: only('when'), order: only('order'), ordered: only('ordered') };
  return {
    when: wish.when,
    order: wish.order === undefined ? undefined : order(wish.order, 'the user property order'),
    ordered:
      wish.ordered !== undefined && ordered(wish.ordered, 'the user property ordered') === 'true' ? true : undefined,
  };
}

/**
 * `[$share/<name>/][$when/<url-encoded predicate>/]<topic filter>`. The topic filter itself, and the predicate, are checked by
 * who registers them. Throws ProtocolError `topic_filter_invalid`.
 */
export function wantedFilter(text: string, wishes: Wishes): WantedFilter {
  const { share, rest } = shareOf(text);
  const { when, topic } = whenOf(rest);
  if (when !== undefined && wishes.when !== undefined) {
    throw invalid('a predicate both in the topic filter and as a user property');
  }
  return { ...wishes, share, topic, when: when ?? wishes.when };
}

function shareOf(text: string): { readonly share: string | undefined; readonly rest: string } {
  if (!text.startsWith(SHARE)) return { share: undefined, rest: text };
  const end = text.indexOf('/', SHARE.length);
  const share = text.slice(SHARE.length, end);
  // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  if (end === -1 || share === '' || /[+#]/.test(share)) {
    throw invalid('a shared subscription is $share/<name>/<topic filter>, and its name has no wildcard');
  }
  const rest = text.slice(end + 1);
  if (rest === '') throw invalid('a shared subscription without a topic filter [MQTT-4.8.2-2]');
  return { share, rest };
}

function whenOf(text: string): { readonly when: string | undefined; readonly topic: string } {
  if (!text.startsWith(WHEN)) return { when: undefined, topic: text };
  const end = text.indexOf('/', WHEN.length);
  if (end === -1) throw invalid('$when/<url-encoded predicate>/<topic filter>: the topic filter is missing');
  try {
    return { when: decodeURIComponent(text.slice(WHEN.length, end)), topic: text.slice(end + 1) };
  } catch {
    throw invalid('$when/<predicate>/<topic filter>: the predicate is not URL-encoded');
  }
}

function invalid(message: string): ProtocolError {
  return new ProtocolError('topic_filter_invalid', message);
}
