/**
 * What a topic and a topic filter may look like: MQTT 5, sections 1.5.4 (UTF-8 strings) and 4.7 (topics), with three
 * bounds of our own, so that one filter cannot make matching expensive for everyone.
 */
import { FilterError, type FilterErrorCode } from '../filter-error.ts';

export const TOPIC_LIMITS = {
  /** Length in UTF-8. */
  bytesMax: 512,
  /** Levels, that is separators plus one. */
  levelsMax: 32,
  /** `+` and `#` together in one topic filter. Each `+` can double the branches an event has to follow. */
  wildcardsMax: 8,
} as const;

/**
 * @throws {FilterError} `topic_invalid`, when events cannot be published under this topic: it is empty, holds `+`,
 *   `#`, U+0000 or a lone surrogate, or is over a limit.
 */
export function checkTopic(topic: string): void {
  checkText(topic, 'topic_invalid');
  for (let at = 0; at < topic.length; at += 1) {
    const unit = topic.charAt(at);
    if (unit === '+' || unit === '#') {
      throw new FilterError('topic_invalid', `a topic cannot hold the wildcard ${unit}`, topic, at);
    }
  }
}

/**
 * @throws {FilterError} `topic_filter_invalid`, when it is empty, holds U+0000 or a lone surrogate, a `+` that is not
 *   a whole level, a `#` that is not the whole last level, or is over a limit.
 */
export function checkTopicFilter(filter: string): void {
  checkText(filter, 'topic_filter_invalid');
  let wildcards = 0;
  for (let at = 0; at < filter.length; at += 1) {
    const unit = filter.charAt(at);
    if (unit !== '+' && unit !== '#') continue;
    const opensLevel = at === 0 || filter.charAt(at - 1) === '/';
    const closesLevel = at + 1 === filter.length || filter.charAt(at + 1) === '/';
    if (!opensLevel || !closesLevel) {
      throw new FilterError('topic_filter_invalid', `${unit} must be a whole level`, filter, at);
    }
    if (unit === '#' && at + 1 < filter.length) {
      throw new FilterError('topic_filter_invalid', '# must be the last level', filter, at);
    }
    wildcards += 1;
    if (wildcards > TOPIC_LIMITS.wildcardsMax) {
      const message = `more than ${TOPIC_LIMITS.wildcardsMax} wildcards`;
      throw new FilterError('topic_filter_invalid', message, filter, at);
    }
  }
}

/** The rules common to topics and topic filters. */
function checkText(text: string, code: FilterErrorCode): void {
  if (text.length === 0) throw new FilterError(code, 'empty; at least one character is needed', text, 0);
  let bytes = 0;
  let levels = 1;
  for (let at = 0; at < text.length; at += 1) {
    const point = text.codePointAt(at) as number;
    if (point === 0) throw new FilterError(code, 'U+0000 is not allowed', text, at);
    if (point >= 0xd800 && point <= 0xdfff) throw new FilterError(code, 'half of a surrogate pair', text, at);
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > TOPIC_LIMITS.bytesMax) {
      throw new FilterError(code, `longer than ${TOPIC_LIMITS.bytesMax} bytes of UTF-8`, text, at);
    }
    if (point === 0x2f) levels += 1;
    if (levels > TOPIC_LIMITS.levelsMax) {
      throw new FilterError(code, `more than ${TOPIC_LIMITS.levelsMax} levels`, text, at);
    }
    if (point > 0xffff) at += 1;
  }
}
