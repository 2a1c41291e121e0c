import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Matcher, type MatcherStats } from '../../matcher/index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of heap and array buffers in use, after collecting what is not. Takes a second where there is much. */
export function bytesInUse(): number {
  // Compiled code goes only with the collection after the one that finds it unused.
  for (let i = 0; i < 4; i += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What finds filters: all but their texts, who subscribed, and room for the answer. By the matcher's own account. */
export function indexBytes({ bytes }: MatcherStats): number {
  const { texts, subscriptions, results, ...index } = bytes;
  return sum(index);
}

/** Everything, by the matcher's own account. */
export function allBytes({ bytes }: MatcherStats): number {
  return sum({ ...bytes });
}

/** What a matcher has that holds nothing. */
export function emptyBytes(): number {
  return allBytes(new Matcher().stats);
}

function sum(bytes: Readonly<Record<string, number>>): number {
  return Object.values(bytes).reduce((total, part) => total + part, 0);
}
