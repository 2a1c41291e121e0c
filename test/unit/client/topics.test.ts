import { expect, test } from 'vitest';
import { IncomingTopics, OutgoingTopics } from '../../../client/topics.ts';

function numbered(max: number): (topic: string) => string {
  const topics = new OutgoingTopics(max);
  return (topic) => {
    let defined = '';
    const alias = topics.alias(topic, (number) => {
      defined = ` = ${number}`;
    });
    return `${alias}${defined}`;
  };
}

test('a topic is defined once', () => {
  const alias = numbered(4);
  expect(['a', 'b', 'a', 'b', 'b'].map(alias)).toEqual(['0 = 0', '1 = 1', '0', '1', '1']);
});

test('numbers stay below the limit: the topic used least recently loses its own', () => {
  const alias = numbered(2);
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(alias)).toEqual(['0 = 0', '1 = 1', '0', '1 = 1', '0', '1 = 1']);
  const single = numbered(1);
  expect(['a', 'a', 'b', 'a'].map(single)).toEqual(['0 = 0', '0', '0 = 0', '0 = 0']);
});

test('incoming numbers can be given anew, and must be defined and below the limit', () => {
  const topics = new IncomingTopics(2);
  topics.define(1, 'a');
  topics.define(1, 'b');
  expect(topics.topic(1)).toBe('b');
  expect(() => topics.topic(0)).toThrow(expect.objectContaining({ code: 'broker_unreadable' }));
  expect(() => topics.define(2, 'c')).toThrow(expect.objectContaining({ code: 'broker_unreadable' }));
});
