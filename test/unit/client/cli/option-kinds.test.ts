import { describe, expect, it } from 'vitest';
import { command } from '../../../../client/cli/command.ts';
import { count, duration, flag, flagOf, number, text, texts, word } from '../../../../client/cli/option-kinds.ts';
import type { Terminal } from '../../../../client/cli/terminal.ts';
import { UsageError } from '../../../../client/cli/usage-error.ts';

describe('option kinds', () => {
  it('tell a flag that is given from one that is not', () => {
    expect(flag('').parse([''], '--x')).toBe(true);
    expect(flag('').parse([], '--x')).toBe(false);
  });

  it('leave out what is not given', () => {
    for (const kind of [text('', ''), count('', ''), number('', ''), duration('', ''), word(['a'], '')]) {
      expect(kind.parse([], '--x')).toBeUndefined();
    }
    expect(texts('', '').parse([], '--x')).toEqual([]);
  });

  it('read what is given', () => {
    expect(text('', '').parse(['a b'], '--x')).toBe('a b');
    expect(texts('', '').parse(['a', 'b'], '--x')).toEqual(['a', 'b']);
    expect(count('', '').parse(['12'], '--x')).toBe(12);
    expect(number('', '').parse(['0'], '--x')).toBe(0);
    expect(duration('', '').parse(['2s'], '--x')).toBe(2000);
    expect(word(['on', 'off'], '').parse(['off'], '--x')).toBe('off');
  });

  it.each([
    [count('', ''), '0'],
    [count('', ''), '1.5'],
    [count('', ''), ''],
    [count('', ''), '99999999999999999999'],
    [number('', ''), '-1'],
    [duration('', ''), '10'],
    [word(['on', 'off'], ''), 'constructor'],
  ])('refuse %j "%s", naming the flag', (kind, given) => {
    expect(() => kind.parse([given], '--x')).toThrow(UsageError);
    expect(() => kind.parse([given], '--x')).toThrow('--x');
  });

  it('refuse twice what makes sense once', () => {
    expect(() => text('', '').parse(['a', 'b'], '--x')).toThrow('--x is given 2 times');
  });
});

describe('flagOf', () => {
  it('spells names as command lines do', () => {
    expect(flagOf('creditBytesMax')).toBe('--credit-bytes-max');
  });
});

describe('command', () => {
  it('hands its function the options parsed', async () => {
    const seen: unknown[] = [];
    const { run } = command({
      name: 'x',
      summary: '',
      arguments: [],
      examples: [],
      options: { count: count('n', ''), deep: flag('') },
      run: async (input) => {
        seen.push(input);
        return 7;
      },
    });
    expect(await run(['a'], { count: ['3'] }, {} as Terminal)).toBe(7);
    expect(seen).toEqual([{ args: ['a'], options: { count: 3, deep: false } }]);
  });
});
