/**
 * The layout of a record: one conjunction of tests that one filter was posted under, as int32 words.
 *
 *     word 0   posting id
 *     word 1   length of the record in words, and MANY_POSTINGS
 *     word 2…  tests, each an even number of words
 *
 *     test     word 0: opcode | operand << 4      operand: a slot, a side, a topic filter, an atom
 *       EQUAL, NOT_EQUAL      symbol
 *       AT_LEAST              -, double
 *       WITHIN                -, double low, double high        both ends included
 *       ONE_OF, NONE_OF       count, symbols, padding to even
 *       IS_NULL, NOT_NULL, EXISTS, TOPIC, OPAQUE    -
 *       ANY                   operand: its own length; then branches: length, -, tests
 *
 * AT_LEAST and WITHIN name a side of a slot: the number in it, or the same number negated. So `a <= 5` is `-a >= -5`,
 * and one-sided tests need one opcode, which branch predictors like.
 *
 * The first test is the access key: it says where the record's candidate is (see runs.ts). An access structure may
 * offer more records than it must, because ranges are tested again with the rest. A record says everything about
 * itself; nothing else is kept per filter to verify or remove it.
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

export const OPCODE_MASK = 15;
export const OPERAND_SHIFT = 4;

/** Words before the first test of a record. */
export const RECORD_HEADER = 2;
/** Bits of word 1 that hold the length. */
export const LENGTH_MASK = 0xffff;
/** The filter has other postings too, so one event can reach it twice. */
export const MANY_POSTINGS = 1 << 16;

/** The longest record. Longer conjunctions are folded into one OPAQUE test. */
export const RECORD_WORDS_MAX = 256;
/** Longer sets are tested as one OPAQUE atom. */
export const SET_TEST_MAX = 64;

/** Sides of a slot, see `sideOf`: its number, its number negated, its symbol. */
export const NUMBER_SIDE = 0;
export const NEGATED_SIDE = 1;
export const SYMBOL_SIDE = 2;
/** Bits of a side that say which one it is. */
export const SIDE_MASK = 3;
/** A side that is 0 in every event. */
export const CONSTANT_SIDE = 0;

/** Where the value of a side stands in `SlotTable.numbers`. */
export function sideOf(slot: number, side: number): number {
  return ((slot + 1) << 2) + side;
}

export function slotOfSide(side: number): number {
  return (side >> 2) - 1;
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
      return 4;
    case WITHIN:
      return 6;
    case ONE_OF:
    case NONE_OF:
      return setWords(words[at + 1] as number);
    case ANY:
      return head >>> OPERAND_SHIFT;
    default:
      return 2;
  }
}

/** Words of a ONE_OF or NONE_OF test over `count` symbols. */
export function setWords(count: number): number {
  return 2 + count + (count & 1);
}
