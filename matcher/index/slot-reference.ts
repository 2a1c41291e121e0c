import type { Reference } from '../language/ast.ts';
import { printReference } from '../language/print.ts';
import type { Gram } from './gram.ts';
import type { Prefix } from './prefix.ts';

/** What a slot can stand for: a field, or a part of its text. */
export type SlotReference = Reference | Prefix | Gram;

/** Is it a part of another reference's text? */
export function isPart(reference: SlotReference): reference is Prefix | Gram {
  return reference.kind === 'prefix' || reference.kind === 'gram';
}

/** Equal for equal references only. */
export function nameOf(reference: SlotReference): string {
  if (!isPart(reference)) return printReference(reference);
  return `${printReference(reference.of)} ${reference.kind} ${reference.length}`;
}
