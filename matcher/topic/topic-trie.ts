/**
 * All live topic filters, one tree node per level. Filters that are equal share one node and one small integer, so
 * that the rest of the matcher handles integers only.
 *
 *     sensors/+/temp   ─▶ root ─ sensors ─ + ─ temp  (filter 0)
 *     sensors/#        ─▶          └ #              (filter 1)
 *
 * Levels are Map keys, so `__proto__` is a level like any other.
 */
import { IdPool } from '../index/id-pool.ts';

interface TrieNode {
  readonly level: string;
  readonly parent: TrieNode | undefined;
  /** Children by literal level. Absent while there are none: most nodes are leaves. */
  literals: Map<string, TrieNode> | undefined;
  /** The child `+`. */
  any: TrieNode | undefined;
  /** The child `#`. */
  rest: TrieNode | undefined;
  /** The filter that ends here, or NO_FILTER. */
  filter: number;
  /** Holders of that filter. */
  holders: number;
}

const NO_FILTER = -1;

/** What one tree node weighs in V8, with its Map entry; an estimate for the statistics. */
const NODE_BYTES = 160;

export class TopicTrie {
  readonly #root: TrieNode = createNode('', undefined);
  readonly #ids = new IdPool();
  /** The node at which each filter ends, by filter id. */
  readonly #ends: (TrieNode | undefined)[] = [];
  #nodes = 0;
  #holds = 0;

  /** Distinct filters held. */
  get size(): number {
    return this.#ids.size;
  }

  /** Of all holds, those on this filter. */
  holdShare(filter: number): { readonly held: number; readonly of: number } {
    return { held: this.#endOf(filter).holders, of: this.#holds };
  }

  /** Estimated bytes. */
  get bytes(): number {
    return this.#nodes * NODE_BYTES;
  }

  /** Text of a filter that is held. Cost: its levels. */
  textOf(filter: number): string {
    const levels: string[] = [];
    for (let node = this.#ends[filter]; node?.parent !== undefined; node = node.parent) levels.push(node.level);
    return levels.reverse().join('/');
  }

  /** The id of a checked filter, when someone holds it. */
  find(text: string): number | undefined {
    let node: TrieNode | undefined = this.#root;
    for (const level of text.split('/')) {
      node = childOf(node, level);
      if (node === undefined) return undefined;
    }
    return node.filter === NO_FILTER ? undefined : node.filter;
  }

  /**
   * Holds a checked filter once more.
   *
   * @returns its id: small, dense, the same until the last holder has released it, then used again.
   */
  add(text: string): number {
    let node = this.#root;
    for (const level of text.split('/')) node = childOf(node, level) ?? this.#grow(node, level);
    if (node.filter === NO_FILTER) {
      node.filter = this.#ids.take();
      this.#ends[node.filter] = node;
    }
    node.holders += 1;
    this.#holds += 1;
    return node.filter;
  }

  /** Holds a filter that is already held once more. */
  retain(filter: number): void {
    this.#endOf(filter).holders += 1;
    this.#holds += 1;
  }

  /** Releases one hold. With the last one the filter goes, and with it every node that only it needed. */
  release(filter: number): void {
    const end = this.#endOf(filter);
    end.holders -= 1;
    this.#holds -= 1;
    if (end.holders > 0) return;
    end.filter = NO_FILTER;
    this.#ids.release(filter);
    this.#ends[filter] = undefined;
    if (this.#ids.size === 0) this.#ends.length = 0;
    this.#prune(end);
  }

  /**
   * Writes the ids of the filters that match a topic into `found` from index 0, and returns how many. `found` grows as
   * needed. Each filter once, in no particular order.
   *
   * Cost: the nodes on matching paths; no more than the filters that share a prefix with the topic.
   */
  match(topic: string, found: number[]): number {
    const root = this.#root;
    // [MQTT-4.7.2-1]: wildcards on the first level do not see $-topics.
    if (topic.charCodeAt(0) === 0x24) {
      const slash = topic.indexOf('/');
      const child = root.literals?.get(slash < 0 ? topic : topic.slice(0, slash));
      return child === undefined ? 0 : collect(child, topic, slash < 0 ? topic.length + 1 : slash + 1, found, 0);
    }
    return collect(root, topic, 0, found, 0);
  }

  #grow(parent: TrieNode, level: string): TrieNode {
    const node = createNode(level, parent);
    if (level === '+') parent.any = node;
    else if (level === '#') parent.rest = node;
    else {
      parent.literals ??= new Map();
      parent.literals.set(level, node);
    }
    this.#nodes += 1;
    return node;
  }

  #prune(leaf: TrieNode): void {
    let node = leaf;
    while (node.parent !== undefined && isIdle(node)) {
      const { parent, level } = node;
      if (level === '+') parent.any = undefined;
      else if (level === '#') parent.rest = undefined;
      else {
        parent.literals?.delete(level);
        if (parent.literals?.size === 0) parent.literals = undefined;
      }
      this.#nodes -= 1;
      node = parent;
    }
  }

  #endOf(filter: number): TrieNode {
    const end = this.#ends[filter];
    if (end === undefined) throw new RangeError(`topic filter ${filter} is not held`);
    return end;
  }
}

/** Follows the levels that start at `at`; past the end of the topic means that none are left. Depth is at most 32. */
function collect(node: TrieNode, topic: string, at: number, found: number[], count: number): number {
  if (node.rest !== undefined) {
    found[count] = node.rest.filter;
    count += 1;
  }
  if (at > topic.length) {
    if (node.filter !== NO_FILTER) {
      found[count] = node.filter;
      count += 1;
    }
    return count;
  }
  if (node.any === undefined && node.literals === undefined) return count;
  const slash = topic.indexOf('/', at);
  const end = slash < 0 ? topic.length : slash;
  if (node.any !== undefined) count = collect(node.any, topic, end + 1, found, count);
  const child = node.literals?.get(topic.slice(at, end));
  return child === undefined ? count : collect(child, topic, end + 1, found, count);
}

function childOf(node: TrieNode, level: string): TrieNode | undefined {
  if (level === '+') return node.any;
  if (level === '#') return node.rest;
  return node.literals?.get(level);
}

function createNode(level: string, parent: TrieNode | undefined): TrieNode {
  return { level, parent, literals: undefined, any: undefined, rest: undefined, filter: NO_FILTER, holders: 0 };
}

function isIdle(node: TrieNode): boolean {
  return node.filter === NO_FILTER && node.any === undefined && node.rest === undefined && node.literals === undefined;
}
