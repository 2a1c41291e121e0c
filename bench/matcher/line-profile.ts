import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A function or line of the matcher, and the share of the samples that fell into it, 0 to 1. */
export interface Spent {
  readonly what: string;
  readonly share: number;
}

export interface LineProfile {
  readonly functions: readonly Spent[];
  readonly lines: readonly Spent[];
}

/** Microseconds from one sample to the next. */
const INTERVAL_US = 100;
/** Less is not shown. */
const SHARE_MIN = 0.03;
/** Characters of a line. */
const LINE_MAX = 90;

/**
 * Where `work`, which is done twice, spends its time, by V8's sampling profiler. Lines are those of the compiled files, but for such as V8 inlined
 * from one file into another, whose samples count for functions only.
 */
export async function profileLines(work: () => void): Promise<LineProfile> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
  // Code that was optimised before the profiler came does not tell what was inlined into it. Coverage has V8 drop it all.
  await session.post('Profiler.startPreciseCoverage', {});
  await session.post('Profiler.stopPreciseCoverage');
  work();
  await session.post('Profiler.stop');
  await session.post('Profiler.start');
  work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const functions = new Map<string, number>();
  const lines = new Map<string, number>();
  let samples = 0;
  const sources = new Sources();
  for (const { callFrame, hitCount = 0, positionTicks = [] } of profile.nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const source = sources.of(url);
    // What is no code of ours has no file: the profiler itself, and the collector.
    if (source === undefined) continue;
    samples += hitCount;
    const name = basename(url);
    add(functions, `${functionName === '' ? 'anonymous' : functionName}, ${name}`, hitCount);
    const end = endOf(source, lineNumber);
    for (const { line, ticks } of positionTicks) {
      // Of code that V8 has inlined from another file, the number is of a line there.
      if (line <= lineNumber || line > end) continue;
      add(lines, `${name}: ${(source[line - 1] ?? '').trim().slice(0, LINE_MAX)}`, ticks);
    }
  }
  return { functions: mostOf(functions, samples), lines: mostOf(lines, samples) };
}

/** The lines of compiled files, by URL. */
class Sources {
  readonly #read = new Map<string, readonly string[]>();

  of(url: string): readonly string[] | undefined {
    if (!url.startsWith('file:')) return undefined;
    const known = this.#read.get(url) ?? readFileSync(fileURLToPath(url), 'utf8').split('\n');
    this.#read.set(url, known);
    return known;
  }
}

/** The number of the last line of the function whose first has index `first`: the next one that is indented as little. */
function endOf(source: readonly string[], first: number): number {
  const indent = indentOf(source[first] ?? '');
  const last = source.findIndex((line, i) => i > first && line.trim() !== '' && indentOf(line) <= indent);
  return last < 0 ? source.length : last + 1;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

function mostOf(counts: ReadonlyMap<string, number>, of: number): Spent[] {
  return [...counts]
    .map(([what, count]) => ({ what, share: count / of }))
    .filter(({ share }) => share >= SHARE_MIN)
    .sort((a, b) => b.share - a.share);
}
