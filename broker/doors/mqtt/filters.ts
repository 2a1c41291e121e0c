import { ProtocolError } from '../../protocol/index.ts';

/** What a topic filter of MQTT asks for. */
export interface WantedFilter {
  /** The name of a shared subscription, section 4.8.2. */
  readonly share: string | undefined;
  readonly topic: string;
  readonly when: string | undefined;
}

const SHARE = '$share/';
const WHEN = '$when/';

/** The user property of SUBSCRIBE that carries a predicate, for every filter of the packet. */
export const WHEN_PROPERTY = 'when';

/**
 * `[$share/<name>/][$when/<url-encoded predicate>/]<topic filter>`. The topic filter itself, and the predicate, are checked by
 * who registers them. Throws ProtocolError `topic_filter_invalid`.
 */
export function wantedFilter(text: string, whenByProperty: string | undefined): WantedFilter {
  const { share, rest } = shareOf(text);
  const { when, topic } = whenOf(rest);
  if (when !== undefined && whenByProperty !== undefined) {
    throw invalid('a predicate both in the topic filter and as a user property');
  }
  return { share, topic, when: when ?? whenByProperty };
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
