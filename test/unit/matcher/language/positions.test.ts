import { describe, expect, it } from 'vitest';
import { compileFilter, evaluate, FilterError, Positions, parsePredicate } from '../../../../matcher/index.ts';

const translated = (text: string): string => new Positions(text).text;

function refusalOf(text: string): FilterError {
  const positions = new Positions(text);
  try {
    compileFilter({ topic: 'a', when: positions.text });
  } catch (error) {
    if (error instanceof FilterError) return positions.refusal(error);
  }
  throw new Error(`${text} is not refused`);
}

describe('positions of a tuple', () => {
  it.each([
    ["$1 = 'distsys'", "$data[1] = 'distsys'"],
    ['$0.room[2] > $10', '$data[0].room[2] > $data[10]'],
    ['$0 = \'$1\' AND x = "$2"', '$data[0] = \'$1\' AND x = "$2"'],
    ['a.$0 = 1 AND a . $0 = 1', 'a.$0 = 1 AND a . $0 = 1'],
    ['$attr.x = 1 AND x = 2', '$attr.x = 1 AND x = 2'],
    ['$0a = 1', '$0a = 1'],
    ["$0 = 'unterminated", "$0 = 'unterminated"],
  ])('%s', (given, text) => expect(translated(given)).toBe(text));

  it('read the elements of an array', () => {
    const event = { topic: 'a', data: ['alice', 'distsys', { likes: 3 }] };
    const verdict = (text: string) => evaluate(parsePredicate(translated(text)), event);
    expect(verdict("$1 = 'distsys' AND $2.likes > 2")).toBe(true);
    expect(verdict('$3 = 1')).toBe(undefined);
  });

  it('are refused where tuples are not meant, with the offset', () => {
    const parse = () => parsePredicate("a = 1 AND $1 = 'x'");
    expect(parse).toThrow(expect.objectContaining({ code: 'predicate_unsupported', offset: 10 }));
  });

  it('leave the offset of a fault where it is in the text as it was given', () => {
    expect(refusalOf('$0 = 1 AND $1 == ')).toMatchObject({
      code: 'predicate_syntax',
      offset: 17,
      text: '$0 = 1 AND $1 == ',
    });
    expect(refusalOf('$0 = 1 AND $nothing = 2 AND $1 = 3')).toMatchObject({ offset: 11 });
    expect(refusalOf('7 AND $0 = 1')).toMatchObject({ code: 'predicate_type', offset: 0 });
  });
});
