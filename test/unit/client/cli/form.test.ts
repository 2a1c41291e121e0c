import { describe, expect, it } from 'vitest';
import { formOf } from '../../../../client/cli/form.ts';
import { UsageError } from '../../../../client/cli/usage-error.ts';

describe('formOf', () => {
  it.each([
    // A terminal for output, one for notes, what was asked for; whom the output is for, and the notes.
    [true, true, {}, false, false],
    [false, true, {}, true, false],
    [false, false, {}, true, true],
    [true, false, {}, false, false],
    [true, true, { json: true }, true, false],
    [true, false, { json: true }, true, true],
    [false, false, { text: true }, false, false],
  ] as const)('output %o, notes %o, %o', (interactive, notesInteractive, asked, json, jsonNotes) => {
    const form = formOf({ json: false, text: false, ...asked }, { interactive, notesInteractive });
    expect(form).toEqual({ json, jsonNotes });
  });

  it('refuses both', () => {
    const terminal = { interactive: true, notesInteractive: true };
    expect(() => formOf({ json: true, text: true }, terminal)).toThrow(UsageError);
  });
});
