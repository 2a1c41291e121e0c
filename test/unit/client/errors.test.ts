import { expect, test } from 'vitest';
import { TellwhenError } from '../../../client/errors.ts';

test('says whether to try again, for the broker’s codes and for the client’s', () => {
  expect(new TellwhenError('rate_limited', '').retry).toBe(true);
  expect(new TellwhenError('predicate_syntax', '').retry).toBe(false);
  expect(new TellwhenError('connection_lost', '').retry).toBe(true);
  expect(new TellwhenError('invalid_argument', '').retry).toBe(false);
});

test('the caret stands under the fault, control characters are shown as dots', () => {
  expect(new TellwhenError('predicate_syntax', '', { text: 'a >\n> 1', offset: 4 }).caret).toBe('a >·> 1\n    ^');
});

test('of a long text the part around the fault is shown', () => {
  const text = `${'a'.repeat(100)}!${'b'.repeat(100)}`;
  const [shown, caret] = new TellwhenError('predicate_syntax', '', { text, offset: 100 }).caret?.split('\n') ?? [];
  expect(shown).toHaveLength(72);
  expect(shown?.charAt(caret?.indexOf('^') ?? -1)).toBe('!');
});

test('a caret stands right behind astral characters', () => {
  const text = `${'\u{1f525}'.repeat(40)}?${'x'.repeat(40)}`;
  const [shown, caret] = new TellwhenError('predicate_syntax', '', { text, offset: 80 }).caret?.split('\n') ?? [];
  expect(shown?.charAt(caret?.indexOf('^') ?? -1)).toBe('?');
});

test('without a text there is no caret', () => {
  expect(new TellwhenError('predicate_syntax', '', { offset: 3 }).caret).toBeUndefined();
});
