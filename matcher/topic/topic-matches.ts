/**
 * Does one topic filter match one topic? Level by level, as MQTT 5 section 4.7 words it: the truth that the trie is
 * tested against.
 *
 * - `+` stands for exactly one level, which may be empty.
 * - `#` stands for the parent level and any number of levels below it.
 * - A wildcard on the first level does not match a topic that starts with `$` [MQTT-4.7.2-1].
 *
 * Both arguments must have passed `checkTopicFilter` and `checkTopic`. Cost: linear in the shorter of the two.
 */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [depth, level] of wanted.entries()) {
    if (level === '#') return true;
    if (depth >= levels.length) return false;
    if (level !== '+' && level !== levels[depth]) return false;
  }
  return wanted.length === levels.length;
}
