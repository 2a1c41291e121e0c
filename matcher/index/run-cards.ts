/**
 * The front of a run, as runs.ts draws it: its header, the first words of its signatures, and its cards. The functions
 * are given the words of the chunk and where the run starts.
 */
import * as programConstants from './program.ts';
import { entryWords } from './program.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NUMBER_SHIFT, SIDE_SHIFT } = programConstants;

export const RUN_COUNT = 0;
export const RUN_NEXT = 1;
export const RUN_TOPIC = 2;
export const RUN_ROOM = 3;
export const RUN_HEADER = 4;

/** First words that room is made for at a time. */
export const ROOM_STEP = 4;
/** Words of a card. */
export const CARD_WORDS = 3;
/** What an entry takes beside its own words. */
export const CARD_ROOM = CARD_WORDS + ROOM_STEP;
export const CARD_SECOND = 0;
export const CARD_FILTER = 1;
export const CARD_PLACE = 2;
/** Bits of a place that say where the entry is, from the start of the run, if it had its filter as the first word. */
export const PLACE_MASK = 0xfff;
/** Bits that say how many words of its first tests hold when the signature's first word is certain; up to 15. */
export const SURE_SHIFT = 12;
export const SURE_MASK = 0xf;
/** The same when both words are. */
export const SURE_OF_BOTH_SHIFT = 16;
/** Bits that say, in the first card of a group, how many cards the group has. */
export const GROUP_SHIFT = 20;
export const GROUP_MASK = 0x3ff;
/** Where card `i` of the run at `start` is. */
export function cardAt(words: Int32Array, start: number, i: number): number {
  return start + RUN_HEADER + (words[start + RUN_ROOM] as number) + i * CARD_WORDS;
}

/** Which card is that of the first entry of a filter, which has one in the run at `start`. */
export function indexOf(words: Int32Array, start: number, filter: number): number {
  const first = cardAt(words, start, 0) + CARD_FILTER;
  let i = 0;
  while (words[first + i * CARD_WORDS] !== filter) i += 1;
  return i;
}

/** A copy of the entry of card `i`. */
export function entryAt(words: Int32Array, start: number, i: number): Int32Array {
  const card = cardAt(words, start, i);
  const at = start + ((words[card + CARD_PLACE] as number) & PLACE_MASK);
  const entry = words.slice(at, at + entryWords(words, at));
  entry[0] = words[card + CARD_FILTER] as number;
  return entry;
}

/** Makes room for more first words. */
export function widen(words: Int32Array, start: number): void {
  const cards = cardAt(words, start, 0);
  words.copyWithin(cards + ROOM_STEP, cards, cardAt(words, start, words[start + RUN_COUNT] as number));
  words[start + RUN_ROOM] = (words[start + RUN_ROOM] as number) + ROOM_STEP;
}

/** How many cards the group has whose first card is `i`. */
function groupOf(words: Int32Array, start: number, i: number): number {
  return ((words[cardAt(words, start, i) + CARD_PLACE] as number) >> GROUP_SHIFT) & GROUP_MASK;
}

/** Adds to the number of cards of a group. */
function resizeGroup(words: Int32Array, start: number, i: number, more: number): void {
  const place = cardAt(words, start, i) + CARD_PLACE;
  words[place] = (words[place] as number) + more * (1 << GROUP_SHIFT);
}

/** Opens a card where a bound belongs. Its place is 0, or the size of the group where it is the first. Returns which. */
export function openCard(words: Int32Array, start: number, signature: number): number {
  const count = words[start + RUN_COUNT] as number;
  const firsts = start + RUN_HEADER;
  const side = signature >>> SIDE_SHIFT;
  const bound = signature << NUMBER_SHIFT;
  let group = 0;
  while (group < count && (words[firsts + group] as number) >>> SIDE_SHIFT < side)
    group += groupOf(words, start, group);
  const isNew = group === count || (words[firsts + group] as number) >>> SIDE_SHIFT !== side;
  const groupEnd = isNew ? group : group + groupOf(words, start, group);
  let i = group;
  while (i < groupEnd && (words[firsts + i] as number) << NUMBER_SHIFT < bound) i += 1;
  words.copyWithin(firsts + i + 1, firsts + i, firsts + count);
  const card = cardAt(words, start, i);
  words.copyWithin(card + CARD_WORDS, card, cardAt(words, start, count));
  words[card + CARD_PLACE] = 0;
  if (isNew) {
    resizeGroup(words, start, i, 1);
  } else if (i === group) {
    const size = groupOf(words, start, i + 1);
    resizeGroup(words, start, i + 1, -size);
    resizeGroup(words, start, i, size + 1);
  } else {
    resizeGroup(words, start, group, 1);
  }
  return i;
}

/** Removes card `gap`. In a run without groups, their sizes are 0. */
export function closeCard(words: Int32Array, start: number, gap: number): void {
  const count = words[start + RUN_COUNT] as number;
  let group = 0;
  let size = groupOf(words, start, group);
  while (size > 0 && group + size <= gap) {
    group += size;
    size = groupOf(words, start, group);
  }
  if (size > 0) resizeGroup(words, start, group, -1);
  if (size > 1 && group === gap) resizeGroup(words, start, gap + 1, size - 1);
  const firsts = start + RUN_HEADER;
  words.copyWithin(firsts + gap, firsts + gap + 1, firsts + count);
  const card = cardAt(words, start, gap);
  words.copyWithin(card, card + CARD_WORDS, cardAt(words, start, count));
}
