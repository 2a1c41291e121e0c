/**
 * The front of a run, as runs.ts draws it: its header, the first words of its signatures, and its cards. The functions
 * are given the words of the chunk and where the run starts.
 */
import { entryWords } from './program.ts';

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
/** The sign of a bound's number. */
const NUMBER_SIGN = 1 << 19;

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

/** Opens a card where a bound belongs. Returns which. Cost: what stands behind it moves. */
export function openCard(words: Int32Array, start: number, signature: number): number {
  const count = words[start + RUN_COUNT] as number;
  const firsts = start + RUN_HEADER;
  const order = orderOf(signature);
  let i = 0;
  let end = count;
  while (i < end) {
    const middle = (i + end) >> 1;
    if (orderOf(words[firsts + middle] as number) < order) i = middle + 1;
    else end = middle;
  }
  words.copyWithin(firsts + i + 1, firsts + i, firsts + count);
  const card = cardAt(words, start, i);
  words.copyWithin(card + CARD_WORDS, card, cardAt(words, start, count));
  return i;
}

/** Removes card `gap`. */
export function closeCard(words: Int32Array, start: number, gap: number): void {
  const count = words[start + RUN_COUNT] as number;
  const firsts = start + RUN_HEADER;
  words.copyWithin(firsts + gap, firsts + gap + 1, firsts + count);
  const card = cardAt(words, start, gap);
  words.copyWithin(card, card + CARD_WORDS, cardAt(words, start, count));
}

/** In the order of these, bounds stand by side, and those of one side by number, which is signed. */
function orderOf(signature: number): number {
  return (signature ^ NUMBER_SIGN) >>> 0;
}
