/**
 * The layout of an entry: one conjunction of tests that one filter was posted under, as int32 words. Entries stand in runs
 * (see runs.ts), back to back.
 *
 *     word 0   filter
 *     word 1   length in words | MANY_ENTRIES | kind of key | topic filter
 *     word 2…  tests, the one that fails most often first; the access key, if it is a test, last; but if it is a pair of
 *              tests, these are first
 *
 *     test     word 0: opcode | operand << 4      operand: a slot, a side, a topic filter, an atom
 *       EQUAL, NOT_EQUAL      symbol
 *       AT_LEAST              number
 *       WITHIN                number low, negated number high             both ends included
 *       ONE_OF, NONE_OF       count, symbols
 *       IN_LIST, NOT_IN_LIST  list, see list-table.ts
 *       IS_NULL, NOT_NULL, EXISTS, TOPIC, OPAQUE    -
 *       ANY                   operand: its own length; then branches: length, -, tests
 *       ELSEWHERE             address of a block: length, tests
 *
 * Numbers are two words, see ordered-bits.ts. AT_LEAST names a side of a slot: the number in it, or the same number
 * negated. So `a <= 5` is `-a >= -5`, and one-sided tests need one opcode, which branch predictors like.
 *
 * The key stands last because its access structure has seen to it that it mostly holds. An access structure may
 * offer more entries than it must: a range is tested again with the rest. A constant or list that is the key of a whole bag
 * is left out there. But for that an entry says everything about itself; nothing else is kept per filter to verify or remove it but
 * where it is (see places.ts).
 */

export const EQUAL = 0;
export const NOT_EQUAL = 1;
export const AT_LEAST = 2;
export const WITHIN = 3;
export const ONE_OF = 4;
export const NONE_OF = 5;
export const IS_NULL = 6;
export const NOT_NULL = 7;
export const EXISTS = 8;
export const TOPIC = 9;
export const OPAQUE = 10;
export const ANY = 11;
export const IN_LIST = 12;
export const NOT_IN_LIST = 13;
export const ELSEWHERE = 14;

export const OPCODE_MASK = 15;
export const OPERAND_SHIFT = 4;

/** Words before the first test of an entry. */
export const ENTRY_HEADER = 2;
/** Bits of word 1 that hold the length. */
export const LENGTH_MASK = 0x1ff;
/** The filter has other entries too that one event can pass, so it is to be found once only. */
export const MANY_ENTRIES = 1 << 9;
/** Bits of word 1 that say how many words the key has at the end; none when the topic filter is the key; or KEY_PAIR. */
export const KEY_SHIFT = 10;
export const KEY_MASK = 7;
/** The key is the first two tests. */
export const KEY_PAIR = 7;
/** Bits of word 1 that hold the topic filter, which are all above. */
export const TOPIC_SHIFT = 13;
/** A topic filter that these bits cannot hold is tested as TOPIC. */
export const TOPIC_ELSEWHERE = 2 ** (32 - TOPIC_SHIFT) - 1;

/** The longest entry. The tests of longer ones stand in a block of their own, or, if that is too short, in one OPAQUE test. */
export const ENTRY_WORDS_MAX = 256;
/** Longer sets stand in the list table. */
export const SET_TEST_MAX = 64;

export const EQUAL_WORDS = 2;
export const AT_LEAST_WORDS = 3;
export const WITHIN_WORDS = 5;

/** Sides of a slot, see `sideOf`. */
export const NUMBER_SIDE = 0;
export const NEGATED_SIDE = 2;

/** Where the value of a side stands in `SlotTable.numbers`, two words. */
export function sideOf(slot: number, side: number): number {
  return (slot << 2) + side;
}

export function slotOfSide(side: number): number {
  return side >> 2;
}

/** Is it the side of negated numbers? */
export function isNegated(side: number): boolean {
  return (side & NEGATED_SIDE) !== 0;
}

/** Kinds of value an event can have in a slot, as stored. The order matters: above NULL there is a value. */
export const KIND_MISSING = 0;
export const KIND_NULL = 1;
export const KIND_VALUE = 2;

/** Words of the test that starts at `at`. */
export function testWords(words: Int32Array, at: number): number {
  const head = words[at] as number;
  switch (head & OPCODE_MASK) {
    case AT_LEAST:
      return AT_LEAST_WORDS;
    case WITHIN:
      return WITHIN_WORDS;
    case ONE_OF:
    case NONE_OF:
      return 2 + (words[at + 1] as number);
    case ANY:
      return head >>> OPERAND_SHIFT;
    default:
      return 2;
  }
}

/** Length of the entry at `at`. */
export function entryWords(words: Int32Array, at: number): number {
  return (words[at + 1] as number) & LENGTH_MASK;
}

/** Where the key of the entry at `at` starts; its end, when the topic filter is the key. */
export function keyAt(words: Int32Array, at: number): number {
  const header = words[at + 1] as number;
  const key = (header >> KEY_SHIFT) & KEY_MASK;
  if (key !== KEY_PAIR) return at + (header & LENGTH_MASK) - key;
  return header >>> TOPIC_SHIFT === TOPIC_ELSEWHERE ? at + ENTRY_HEADER + 2 : at + ENTRY_HEADER;
}

/** Bits of a signature that is a bound: the side stands above, see signature.ts. */
export const SIDE_SHIFT = 20;
/** What a number's first word is shifted by to be compared with a signature's. */
export const NUMBER_SHIFT = 12;

/** Is it one of several of its filter that one event can pass? */
export function hasManyEntries(words: Int32Array, at: number): boolean {
  return ((words[at + 1] as number) & MANY_ENTRIES) !== 0;
}

/** The entry without its key, which is one constant or list and that of all in the bag that it is put in. */
export function withoutKey(entry: Int32Array): Int32Array {
  const bare = entry.slice(0, keyAt(entry, 0));
  bare[1] = ((entry[1] as number) & ~(LENGTH_MASK | (KEY_MASK << KEY_SHIFT))) | bare.length;
  return bare;
}

/** The entry with the two words of the key that `withoutKey` left out. */
export function withKey(bare: Int32Array, head: number, operand: number): Int32Array {
  const entry = new Int32Array(bare.length + EQUAL_WORDS);
  entry.set(bare);
  entry[1] = ((bare[1] as number) & ~LENGTH_MASK) | entry.length | (EQUAL_WORDS << KEY_SHIFT);
  entry[bare.length] = head;
  entry[bare.length + 1] = operand;
  return entry;
}

/** Is the key of the entry at `at` a pair of tests? */
export function hasPairKey(words: Int32Array, at: number): boolean {
  return (((words[at + 1] as number) >> KEY_SHIFT) & KEY_MASK) === KEY_PAIR;
}

/** The topic filter of the entry at `at`. */
export function topicOf(words: Int32Array, at: number): number {
  const topic = (words[at + 1] as number) >>> TOPIC_SHIFT;
  return topic === TOPIC_ELSEWHERE ? (words[at + ENTRY_HEADER] as number) >>> OPERAND_SHIFT : topic;
}
