import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topicMatches } from '../../../../matcher/index.ts';
import { TopicTrie } from '../../../../matcher/topic/topic-trie.ts';
import { arbitraryTopic, arbitraryTopicFilter } from '../../../support/arbitrary-predicates.ts';

function matched(trie: TopicTrie, topic: string): string[] {
  const found: number[] = [];
  const count = trie.match(topic, found);
  return found
    .slice(0, count)
    .map((filter) => trie.textOf(filter))
    .sort();
}

describe('TopicTrie', () => {
  it('gives equal filters one id, until the last holder has gone', () => {
    const trie = new TopicTrie();
    const filter = trie.add('a/+');
    expect(trie.add('a/+')).toBe(filter);
    trie.retain(filter);
    trie.release(filter);
    trie.release(filter);
    expect(trie.find('a/+')).toBe(filter);
    trie.release(filter);
    expect(trie.find('a/+')).toBeUndefined();
    expect(() => trie.release(filter)).toThrow(RangeError);
  });

  it('takes hostile names for levels like any other', () => {
    const trie = new TopicTrie();
    for (const filter of ['__proto__', '__proto__/constructor', 'constructor/#', 'toString', 'hasOwnProperty/+']) {
      trie.add(filter);
    }
    expect(matched(trie, '__proto__')).toEqual(['__proto__']);
    expect(matched(trie, '__proto__/constructor')).toEqual(['__proto__/constructor']);
    expect(matched(trie, 'constructor')).toEqual(['constructor/#']);
    expect(matched(trie, 'valueOf')).toEqual([]);
  });

  it('keeps what longer and shorter filters need when one goes', () => {
    const trie = new TopicTrie();
    const middle = trie.add('a/b');
    trie.add('a/b/c');
    trie.add('a');
    trie.release(middle);
    expect(matched(trie, 'a/b')).toEqual([]);
    expect(matched(trie, 'a/b/c')).toEqual(['a/b/c']);
    expect(matched(trie, 'a')).toEqual(['a']);
  });

  it('matches as topicMatches says, while filters come and go, and is empty when all have gone', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryTopicFilter(), { maxLength: 40 }),
        fc.array(arbitraryTopic(), { minLength: 1, maxLength: 10 }),
        fc.nat(),
        (filters, topics, pick) => {
          const trie = new TopicTrie();
          const held = filters.map((text) => ({ text, id: trie.add(text) }));
          const check = () => {
            for (const topic of topics) {
              const expected = new Set(held.map(({ text }) => text).filter((text) => topicMatches(text, topic)));
              expect(matched(trie, topic)).toEqual([...expected].sort());
            }
          };
          check();
          for (const { id } of held.splice(0, held.length === 0 ? 0 : pick % held.length)) trie.release(id);
          check();
          for (const { id } of held.splice(0)) trie.release(id);
          expect({ size: trie.size, bytes: trie.bytes }).toEqual({ size: 0, bytes: 0 });
        },
      ),
      { numRuns: 200 },
    );
  });
});
