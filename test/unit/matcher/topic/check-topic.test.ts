import { describe, expect, it } from 'vitest';
import { checkTopic, checkTopicFilter, FilterError, TOPIC_LIMITS } from '../../../../matcher/index.ts';

function refusal(check: (text: string) => void, text: string): { code: string; offset: number } | undefined {
  try {
    check(text);
  } catch (error) {
    if (error instanceof FilterError) return { code: error.code, offset: error.offset };
    throw error;
  }
  return undefined;
}

describe('checkTopic', () => {
  it.each(['a', '/', '//', 'a b/c', '$SYS/x', 'é/😀', '__proto__/constructor', 'x'.repeat(TOPIC_LIMITS.bytesMax)])(
    'accepts %j',
    (topic) => {
      expect(refusal(checkTopic, topic)).toBeUndefined();
    },
  );

  it.each([
    ['', 0],
    ['a/+', 2],
    ['a/b#', 3],
    ['a\0b', 1],
    ['a/\ud800', 2],
    ['\udc00a', 0],
    ['x'.repeat(513), 512],
    ['é'.repeat(257), 256],
    ['a/'.repeat(32), 63],
  ])('refuses %j at %i', (topic, offset) => {
    expect(refusal(checkTopic, topic)).toEqual({ code: 'topic_invalid', offset });
  });
});

describe('checkTopicFilter', () => {
  it.each(['#', '+', '+/+', 'a/+/b/#', '/#', '+/a', `${'+/'.repeat(7)}#`, `a${'/a'.repeat(31)}`])(
    'accepts %j',
    (filter) => {
      expect(refusal(checkTopicFilter, filter)).toBeUndefined();
    },
  );

  it.each([
    ['', 0],
    ['sport/tennis#', 12],
    ['sport/tennis/#/ranking', 13],
    ['sport+', 5],
    ['+sport', 0],
    ['a/b+/c', 3],
    ['a\0', 1],
    ['a\ud83d', 1],
    ['+/'.repeat(9), 16],
    ['a/'.repeat(32), 63],
  ])('refuses %j at %i', (filter, offset) => {
    expect(refusal(checkTopicFilter, filter)).toEqual({ code: 'topic_filter_invalid', offset });
  });
});
