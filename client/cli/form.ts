import { flag } from './option-kinds.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Whom the output is for; the same in every command that has any. */
export const formOptions = {
  json: flag('for programs: one JSON object a line, as always when the output is no terminal'),
  text: flag('for people, as always on a terminal'),
};

export interface FormGiven {
  readonly json: boolean;
  readonly text: boolean;
}

export interface Form {
  /** The output is for programs. */
  readonly json: boolean;
  /** What stands beside it is for programs. */
  readonly jsonNotes: boolean;
}

/** Throws UsageError when both are asked for. */
export function formOf({ json, text }: FormGiven, terminal: Pick<Terminal, 'interactive' | 'notesInteractive'>): Form {
  if (json && text) throw new UsageError('either --json or --text');
  const forPrograms = json || (!text && !terminal.interactive);
  return { json: forPrograms, jsonNotes: forPrograms && !terminal.notesInteractive };
}

/** Writes something beside the output: `text` to people, `{"note": text}` to programs. */
export function remark(text: string, terminal: Terminal, { jsonNotes }: Form): void {
  terminal.note(jsonNotes ? JSON.stringify({ note: text }) : text);
}
