/**
 * All live topic filters, one tree node per level. Filters that are equal share one node and one small integer, so
 * that the rest of the matcher handles integers only.
 *
 *     sensors/+/temp   ─▶ root ─ sensors ─ + ─ temp  (filter 0)
 *     sensors/#        ─▶          └ #              (filter 1)
 *
 * Nodes are small integers too, and what is known of them stands in columns. A literal level is found in a dictionary by
 * its parent and its text, which is not cut out of the topic: matching makes nothing for the collector.
 */
import * as arenaConstants from '../index/arena.ts';
import { roomForInts } from '../index/columns.ts';
import { Dictionary } from '../index/dictionary.ts';
import { IdPool } from '../index/id-pool.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NOWHERE } = arenaConstants;

/** The node above all first levels. */
const ROOT = 0;
const NO_NODE = -1;

/** Words of a row, as a power of two: the children `+` and `#`, the filter that ends here or NO_FILTER, how many literal children. */
const ROW_SHIFT = 2;
const ANY = 0;
const REST = 1;
const FILTER = 2;
const LITERALS = 3;

const NO_FILTER = -1;

const PLUS = 0x2b;
const HASH = 0x23;

export class TopicTrie {
  readonly #nodes = new IdPool();
  /** The literal levels, by parent. */
  readonly #levels = new Dictionary();
  /** What matching reads of a node stands together: a row for each. */
  #rows = new Int32Array(0);
  /** By node: its parent, and the holders of the filter that ends here. */
  #parents = new Int32Array(0);
  #holders = new Int32Array(0);
  readonly #ids = new IdPool();
  /** The node at which each filter ends, by filter; NO_NODE when nobody holds it. */
  #ends = new Int32Array(0);
  #holds = 0;

  constructor() {
    this.#createNode(NO_NODE);
  }

  /** Distinct filters held. */
  get size(): number {
    return this.#ids.size;
  }

  /** Of all holds, those on this filter. */
  holdShare(filter: number): { readonly held: number; readonly of: number } {
    return { held: this.#holders[this.#endOf(filter)] as number, of: this.#holds };
  }

  get bytes(): number {
    // The root is there always, and weighs nothing alone.
    return this.#ids.size === 0
      ? 0
      : this.#rows.byteLength + this.#parents.byteLength * 2 + this.#ends.byteLength + this.#levels.bytes;
  }

  /** Levels of a filter that is held which are no wildcards. Cost: its levels. */
  literalLevelsOf(filter: number): number {
    let count = 0;
    for (let node = this.#endOf(filter); node !== ROOT; node = this.#parents[node] as number) {
      if (!this.#isWildcard(node)) count += 1;
    }
    return count;
  }

  /** Text of a filter that is held. Cost: its length. */
  textOf(filter: number): string {
    const levels: string[] = [];
    for (let node = this.#endOf(filter); node !== ROOT; node = this.#parents[node] as number) {
      levels.push(this.#textOfLevel(node));
    }
    return levels.reverse().join('/');
  }

  /** The id of a checked filter, when someone holds it. */
  find(text: string): number | undefined {
    let node = ROOT;
    for (let at = 0; at <= text.length; ) {
      const end = levelEnd(text, at);
      node = this.#child(node, text, at, end);
      if (node === NO_NODE) return undefined;
      at = end + 1;
    }
    const filter = this.#rows[(node << ROW_SHIFT) + FILTER] as number;
    return filter === NO_FILTER ? undefined : filter;
  }

  /**
   * Holds a checked filter once more.
   *
   * @returns its id: small, dense, the same until the last holder has released it, then used again.
   */
  add(text: string): number {
    let node = ROOT;
    for (let at = 0; at <= text.length; ) {
      const end = levelEnd(text, at);
      const child = this.#child(node, text, at, end);
      node = child === NO_NODE ? this.#grow(node, text.slice(at, end)) : child;
      at = end + 1;
    }
    if (this.#rows[(node << ROW_SHIFT) + FILTER] === NO_FILTER) {
      const filter = this.#ids.take();
      this.#rows[(node << ROW_SHIFT) + FILTER] = filter;
      this.#ends = roomForInts(this.#ends, filter + 1);
      this.#ends[filter] = node;
    }
    this.#hold(node, 1);
    return this.#rows[(node << ROW_SHIFT) + FILTER] as number;
  }

  /** Holds a filter that is already held once more. */
  retain(filter: number): void {
    this.#hold(this.#endOf(filter), 1);
  }

  /** Releases one hold. With the last one the filter goes, and with it every node that only it needed. */
  release(filter: number): void {
    const end = this.#endOf(filter);
    this.#hold(end, -1);
    if ((this.#holders[end] as number) > 0) return;
    this.#rows[(end << ROW_SHIFT) + FILTER] = NO_FILTER;
    this.#ids.release(filter);
    this.#ends[filter] = NO_NODE;
    this.#prune(end);
    if (this.#ids.size === 0) this.#reset();
  }

  /**
   * Writes the ids of the filters that match a topic into `found` from index 0, and returns how many. `found` grows as
   * needed. Each filter once, in no particular order.
   *
   * Cost: the nodes on matching paths; no more than the filters that share a prefix with the topic.
   */
  match(topic: string, found: number[]): number {
    // [MQTT-4.7.2-1]: wildcards on the first level do not see $-topics.
    if (topic.charCodeAt(0) !== 0x24) return this.#collect(ROOT, topic, 0, found, 0);
    const end = levelEnd(topic, 0);
    const child = this.#literalChild(ROOT, topic, 0, end);
    return child === NO_NODE ? 0 : this.#collect(child, topic, end + 1, found, 0);
  }

  /** Follows the levels that start at `at`; past the end of the topic means that none are left. Depth is at most 32. */
  #collect(node: number, topic: string, at: number, found: number[], count: number): number {
    const rest = this.#rows[(node << ROW_SHIFT) + REST] as number;
    if (rest !== NO_NODE) {
      found[count] = this.#rows[(rest << ROW_SHIFT) + FILTER] as number;
      count += 1;
    }
    if (at > topic.length) {
      const filter = this.#rows[(node << ROW_SHIFT) + FILTER] as number;
      if (filter === NO_FILTER) return count;
      found[count] = filter;
      return count + 1;
    }
    const any = this.#rows[(node << ROW_SHIFT) + ANY] as number;
    const hasLiterals = (this.#rows[(node << ROW_SHIFT) + LITERALS] as number) > 0;
    if (any === NO_NODE && !hasLiterals) return count;
    const end = levelEnd(topic, at);
    if (any !== NO_NODE) count = this.#collect(any, topic, end + 1, found, count);
    if (!hasLiterals) return count;
    const child = this.#levels.findText(node, topic, at, end);
    return child === NOWHERE ? count : this.#collect(child, topic, end + 1, found, count);
  }

  /** The child for the level `at`…`end` of a filter, or NO_NODE. */
  #child(node: number, text: string, at: number, end: number): number {
    if (end === at + 1) {
      if (text.charCodeAt(at) === PLUS) return this.#rows[(node << ROW_SHIFT) + ANY] as number;
      if (text.charCodeAt(at) === HASH) return this.#rows[(node << ROW_SHIFT) + REST] as number;
    }
    return this.#literalChild(node, text, at, end);
  }

  #literalChild(node: number, text: string, at: number, end: number): number {
    const child = this.#levels.findText(node, text, at, end);
    return child === NOWHERE ? NO_NODE : child;
  }

  #grow(parent: number, level: string): number {
    const node = this.#createNode(parent);
    if (level === '+') this.#rows[(parent << ROW_SHIFT) + ANY] = node;
    else if (level === '#') this.#rows[(parent << ROW_SHIFT) + REST] = node;
    else {
      this.#levels.add(parent, level, node);
      this.#rows[(parent << ROW_SHIFT) + LITERALS] = (this.#rows[(parent << ROW_SHIFT) + LITERALS] as number) + 1;
    }
    return node;
  }

  #createNode(parent: number): number {
    const node = this.#nodes.take();
    this.#parents = roomForInts(this.#parents, node + 1);
    this.#rows = roomForInts(this.#rows, (node + 1) << ROW_SHIFT);
    this.#holders = roomForInts(this.#holders, node + 1);
    this.#parents[node] = parent;
    this.#rows[(node << ROW_SHIFT) + ANY] = NO_NODE;
    this.#rows[(node << ROW_SHIFT) + REST] = NO_NODE;
    this.#rows[(node << ROW_SHIFT) + LITERALS] = 0;
    this.#rows[(node << ROW_SHIFT) + FILTER] = NO_FILTER;
    this.#holders[node] = 0;
    return node;
  }

  #prune(leaf: number): void {
    let node = leaf;
    while (node !== ROOT && this.#isIdle(node)) {
      const parent = this.#parents[node] as number;
      if (this.#rows[(parent << ROW_SHIFT) + ANY] === node) this.#rows[(parent << ROW_SHIFT) + ANY] = NO_NODE;
      else if (this.#rows[(parent << ROW_SHIFT) + REST] === node) this.#rows[(parent << ROW_SHIFT) + REST] = NO_NODE;
      else {
        this.#levels.remove(node);
        this.#rows[(parent << ROW_SHIFT) + LITERALS] = (this.#rows[(parent << ROW_SHIFT) + LITERALS] as number) - 1;
      }
      this.#nodes.release(node);
      node = parent;
    }
  }

  #isIdle(node: number): boolean {
    return (
      this.#rows[(node << ROW_SHIFT) + FILTER] === NO_FILTER &&
      this.#rows[(node << ROW_SHIFT) + ANY] === NO_NODE &&
      this.#rows[(node << ROW_SHIFT) + REST] === NO_NODE &&
      this.#rows[(node << ROW_SHIFT) + LITERALS] === 0
    );
  }

  #isWildcard(node: number): boolean {
    const parent = this.#parents[node] as number;
    return this.#rows[(parent << ROW_SHIFT) + ANY] === node || this.#rows[(parent << ROW_SHIFT) + REST] === node;
  }

  #textOfLevel(node: number): string {
    if (!this.#isWildcard(node)) return String(this.#levels.keyOf(node));
    return this.#rows[((this.#parents[node] as number) << ROW_SHIFT) + ANY] === node ? '+' : '#';
  }

  #hold(end: number, change: number): void {
    this.#holders[end] = (this.#holders[end] as number) + change;
    this.#holds += change;
  }

  #endOf(filter: number): number {
    const end = this.#ends[filter] ?? NO_NODE;
    if (end === NO_NODE) throw new RangeError(`topic filter ${filter} is not held`);
    return end;
  }

  /** Gives the columns back, when no filter is held: the root alone is left. */
  #reset(): void {
    this.#nodes.release(ROOT);
    this.#parents = new Int32Array(0);
    this.#rows = new Int32Array(0);
    this.#holders = new Int32Array(0);
    this.#ends = new Int32Array(0);
    this.#createNode(NO_NODE);
  }
}

/** Where the level that starts at `at` ends. */
function levelEnd(text: string, at: number): number {
  const slash = text.indexOf('/', at);
  return slash < 0 ? text.length : slash;
}
