import { expect, test } from 'vitest';
import { TellwhenError } from '../../../client/errors.ts';
import { Stream } from '../../../client/stream.ts';

test('those who wait are served in the order they came', async () => {
  const stream = new Stream<number>(8);
  const waiting = [stream.next(), stream.next()];
  stream.push(1);
  stream.push(2);
  stream.push(3);
  expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual([1, 2]);
  expect(stream.length).toBe(1);
});

test('when full, the oldest goes, and is returned', () => {
  const stream = new Stream<number>(2);
  expect([1, 2, 3].map((item) => stream.push(item))).toEqual([undefined, undefined, 1]);
});

test('after an end with an error, what is left can be taken before it is thrown, again and again', async () => {
  const stream = new Stream<number>(8);
  stream.push(1);
  stream.end(new TellwhenError('connection_lost', ''));
  stream.push(2);
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  await expect(stream.next()).rejects.toMatchObject({ code: 'connection_lost' });
  await expect(stream.next()).rejects.toMatchObject({ code: 'connection_lost' });
});

test('an end lets all who wait go', async () => {
  const stream = new Stream<number>(8);
  const waiting = stream.next();
  stream.end();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test('one owner’s waits end without the others’', async () => {
  const stream = new Stream<number>(8);
  const [mine, yours] = [{}, {}];
  const [first, second, third] = [stream.next(mine), stream.next(yours), stream.next(mine)];
  stream.wake(mine);
  stream.push(1);
  expect([(await first).done, (await second).value, (await third).done]).toEqual([true, 1, true]);
});

test('an item is taken out from between the others, or all are', async () => {
  const stream = new Stream<number>(8);
  for (const item of [1, 2, 3, 4]) stream.push(item);
  expect([stream.delete(2), stream.delete(2)]).toEqual([true, false]);
  expect((await stream.next()).value).toBe(1);
  expect(stream.clear()).toEqual([3, 4]);
  expect(stream.length).toBe(0);
});
