import { describe, expect, it } from 'vitest';
import { parsePlace, place } from '../../../../client/cli/place.ts';
import { UsageError } from '../../../../client/cli/usage-error.ts';

describe('parsePlace', () => {
  it.each([
    ['beginning', 'beginning'],
    ['now', 'now'],
    ['42', { seq: 42 }],
    ['#42', { seq: 42 }],
    ['10m', { time: 400_000 }],
    ['2d', { time: 0 }],
    ['1970-01-02', { time: 86_400_000 }],
    ['1970-01-01T00:00:01.500Z', { time: 1_500 }],
  ])('%s', (text, parsed) => expect(parsePlace(text, 1_000_000)).toEqual(parsed));

  it.each(['', 'yesterday', '-1', '#', '1.5', '1969-12-31', '2026-13-01', '#9999999999999999'])('is none: %j', (text) =>
    expect(parsePlace(text, 0)).toBeUndefined(),
  );
});

describe('place', () => {
  const { parse } = place('where');

  it('may be left out, and is said once', () => {
    expect(parse([], '--from')).toBeUndefined();
    expect(parse(['#7'], '--from')).toEqual({ seq: 7 });
    expect(() => parse(['1', '2'], '--from')).toThrow(UsageError);
    expect(() => parse(['soon'], '--from')).toThrow('not "soon"');
  });
});
