/** What an entry is found by, read back from its words. */
import type { Reference } from '../language/ast.ts';
import type { KeyTest, RangeTest } from './conjunction.ts';
import type { ListTable } from './list-table.ts';
import type { Prefix } from './prefix.ts';
import {
  EQUAL,
  entryWords,
  hasPairKey,
  IN_LIST,
  isNegated,
  keyAt,
  OPCODE_MASK,
  OPERAND_SHIFT,
  slotOfSide,
  testWords,
} from './program.ts';
import { intervalOf } from './range-index.ts';
import type { SlotTable } from './slot-table.ts';
import type { SymbolTable } from './symbol-table.ts';

interface Tables {
  readonly slots: SlotTable;
  readonly symbols: SymbolTable;
  readonly lists: ListTable;
}

/** The tests that an entry is found by; none where that is the topic filter. */
export function keyOfEntry(entry: Int32Array, tables: Tables): readonly KeyTest[] {
  const at = keyAt(entry, 0);
  if (at === entryWords(entry, 0)) return [];
  const first = keyTestAt(entry, at, tables);
  return hasPairKey(entry, 0) ? [first, keyTestAt(entry, at + testWords(entry, at), tables)] : [first];
}

function keyTestAt(entry: Int32Array, at: number, { slots, symbols, lists }: Tables): KeyTest {
  const head = entry[at] as number;
  const operand = head >>> OPERAND_SHIFT;
  switch (head & OPCODE_MASK) {
    case EQUAL:
      return {
        kind: 'equal',
        reference: slots.referenceOf(operand),
        value: symbols.valueOf(entry[at + 1] as number),
      };
    case IN_LIST: {
      const values = Array.from(lists.symbolsOf(entry[at + 1] as number), (symbol) => symbols.valueOf(symbol));
      // A gram is no field that a list is about.
      const reference = slots.referenceOf(operand) as Reference | Prefix;
      return { kind: 'oneOf', reference, values };
    }
    default: {
      const { key, top } = intervalOf(entry, at);
      const [low, high] = isNegated(operand) ? [-top, -key] : [key, top];
      // Ranges are of references, prefixes are strings.
      const reference = slots.referenceOf(slotOfSide(operand)) as RangeTest['reference'];
      return { kind: 'range', reference, low, high };
    }
  }
}
