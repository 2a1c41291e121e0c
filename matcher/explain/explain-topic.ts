import { topicMatches } from '../topic/topic-matches.ts';

/** Whether a topic filter let the event through, and if not, where it failed. */
export interface TopicExplanation {
  readonly filter: string;
  readonly topic: string;
  readonly verdict: 'true' | 'false';
  readonly reason: string;
  /** The first level that failed, from 0. Absent where all levels match. */
  readonly level?: number;
}

export function explainTopic(filter: string, topic: string): TopicExplanation {
  if (topicMatches(filter, topic)) return { filter, topic, verdict: 'true', reason: 'every level matches' };
  const { level, reason } = firstFailure(filter.split('/'), topic.split('/'));
  return { filter, topic, verdict: 'false', level, reason };
}

/** The levels do not match. */
function firstFailure(wanted: readonly string[], levels: readonly string[]): { level: number; reason: string } {
  const [first = ''] = levels;
  if (first.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) {
    return { level: 0, reason: `a wildcard on the first level does not match ${first}, which starts with $` };
  }
  for (const [level, name] of wanted.entries()) {
    const actual = levels[level];
    if (actual === undefined) {
      const missing = `the topic ends after ${count(levels.length)}, the filter wants ${quote(name)} next`;
      return { level, reason: missing };
    }
    if (name !== '+' && name !== actual) {
      return { level, reason: `level ${level + 1} is ${quote(actual)}, the filter wants ${quote(name)}` };
    }
  }
  return {
    level: wanted.length,
    reason: `the filter ends after ${count(wanted.length)}, the topic goes on with ${quote(levels[wanted.length] ?? '')}`,
  };
}

function quote(level: string): string {
  return level === '' ? 'an empty level' : JSON.stringify(level);
}

function count(levels: number): string {
  return levels === 1 ? '1 level' : `${levels} levels`;
}
