import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BodyRun, NO_OPTIONS, type PublishOptions, readClientRecords } from '../../../broker/protocol/index.ts';
import { Outbox } from '../../../client/outbox.ts';
import { PlainPublication } from '../../../client/plain-publication.ts';
import { Standing } from '../../../client/standing.ts';
import { ManualTime } from '../../support/manual-time.ts';

const LIMITS = { controlFrameBytes: 1_000, dataFrameBytes: 120, eventBytes: 60, topicAliases: 3, requests: 8 };
const decoder = new TextDecoder();

/** An outbox, what has left it, and the runs and credits that a broker reads in that. */
function outboxAndReader(limits = LIMITS, standing?: Standing) {
  const frames: Uint8Array[] = [];
  const send = (frame: string | Uint8Array): void => {
    if (typeof frame !== 'string') frames.push(frame);
  };
  const outbox = new Outbox(limits, new ManualTime(), send, standing);
  const read = () => {
    const topics = new Map<number, string>();
    const runs: { firstRef: number; topic: string; texts: string[]; options: PublishOptions }[] = [];
    const order: string[] = [];
    const note = (firstRef: number, alias: number, run: BodyRun, options: PublishOptions): void => {
      const topic = topics.get(alias) ?? 'undefined';
      const texts = Array.from({ length: run.count }, (_, i) => decoder.decode(run.body(i).data));
      runs.push({ firstRef, topic, texts, options });
      for (const [i, text] of texts.entries()) {
        order.push(`${firstRef === 0 ? 0 : firstRef + i} ${topic} ${options.ttlMs ?? ''} ${text}`);
      }
    };
    for (const frame of frames) {
      readClientRecords(frame, {
        topic: (alias, text) => void topics.set(alias, text),
        publish: note,
        credit: (subscription) => void order.push(`credit ${subscription}`),
        fetch() {},
        settle() {},
      });
    }
    return { runs, order };
  };
  return { outbox, frames, read };
}

const event = (topic: string, data: string, options = NO_OPTIONS) => ({ topic, data, options });

test('what is published in a row, of one topic and in one way, is one run', () => {
  const { outbox, frames, read } = outboxAndReader();
  outbox.publish(1, event('a', '1'));
  outbox.publish(2, event('a', '2'));
  outbox.publish(4, event('a', '3'));
  outbox.publish(0, event('a', '4'));
  outbox.publish(0, event('a', '5'));
  outbox.publish(0, event('a', '6', { ...NO_OPTIONS, ttlMs: 5 }));
  outbox.publish(0, event('a', '7', { ...NO_OPTIONS, ttlMs: 5 }));
  outbox.publish(0, event('b', '8', { ...NO_OPTIONS, ttlMs: 5 }));
  outbox.flush();
  expect(frames).toHaveLength(1);
  expect(read().runs.map(({ firstRef, topic, texts }) => [firstRef, topic, texts.join()])).toEqual([
    [1, 'a', '1,2'],
    [4, 'a', '3'],
    [0, 'a', '4,5'],
    [0, 'a', '6,7'],
    [0, 'b', '8'],
  ]);
});

test('nothing is lost, changed or moved by runs and frames, and no frame is longer than the broker takes', () => {
  const step = fc.oneof(
    fc.record({
      topic: fc.constantFrom('a', 'b', 'c', 'd'),
      data: fc.string({ maxLength: 60 }),
      quiet: fc.boolean(),
      ttlMs: fc.constantFrom(undefined, 7),
    }),
    fc.constant('credit' as const),
    fc.constant('flush' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 90, max: 140 }), (steps, dataFrameBytes) => {
      const { outbox, frames, read } = outboxAndReader({ ...LIMITS, dataFrameBytes });
      const expected: string[] = [];
      let ref = 0;
      for (const each of steps) {
        if (each === 'flush') outbox.flush();
        else if (each === 'credit') {
          outbox.credit(9, 1, 1);
          expected.push('credit 9');
        } else {
          const { topic, data, quiet, ttlMs } = each;
          const fits = new TextEncoder().encode(data).length <= LIMITS.eventBytes;
          const own = quiet ? 0 : ++ref;
          const publish = () => outbox.publish(own, event(topic, data, { ...NO_OPTIONS, ttlMs }));
          if (!fits) {
            expect(publish).toThrow(/event of/);
            continue;
          }
          publish();
          expected.push(`${own} ${topic} ${ttlMs ?? ''} ${data}`);
        }
      }
      outbox.flush();
      expect(read().order).toEqual(expected);
      for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(dataFrameBytes);
    }),
  );
});

test('a frame leaves within the turn when it is long enough', () => {
  const { outbox, frames } = outboxAndReader({ ...LIMITS, dataFrameBytes: 1 << 20, eventBytes: 1 << 16 });
  for (let i = 0; i < 40; i++) outbox.publish(0, event('a', 'x'.repeat(4_000)));
  expect(frames.map(({ length }) => length > 65_000 && length < 80_000)).toEqual([true, true]);
});

test('events that say no more than the last are written as any others, up to every limit', () => {
  const plains = new Map(
    ['a', 'b'].map((topic) => {
      const said = {
        topic,
        data: '',
        contentType: topic === 'a' ? undefined : 'b',
        options: NO_OPTIONS,
        repeatable: false,
      };
      return [topic, PlainPublication.of(said, undefined) as PlainPublication];
    }),
  );
  const step = fc.oneof(
    fc.record({ topic: fc.constantFrom('a', 'b'), data: fc.string({ maxLength: 70 }), plain: fc.boolean() }),
    fc.constant('credit' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 120, max: 400 }), (steps, dataFrameBytes) => {
      const { outbox, frames, read } = outboxAndReader({ ...LIMITS, dataFrameBytes });
      const expected: string[] = [];
      for (const each of steps) {
        if (each === 'credit') {
          outbox.credit(9, 1, 1);
          expected.push('credit 9');
          continue;
        }
        const { topic, data, plain } = each;
        const bytes = new TextEncoder().encode(data);
        const said = plains.get(topic) as PlainPublication;
        const publish = () => (plain ? outbox.publishQuietly(said, bytes) : outbox.publish(0, event(topic, data)));
        if (bytes.length > LIMITS.eventBytes) expect(publish).toThrow(/event of/);
        else {
          publish();
          expected.push(`0 ${topic}  ${data}`);
        }
      }
      outbox.flush();
      expect(read().order).toEqual(expected);
      for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(dataFrameBytes);
    }),
  );
});

test('what is counted says which it is, since when answers lack, and what came before it', () => {
  const standing = new Standing();
  const { outbox, read } = outboxAndReader({ ...LIMITS, dataFrameBytes: 1_000 }, standing);
  const first = event('a', '1');
  outbox.publish(1, first);
  outbox.publish(2, event('a', '2'));
  standing.delivered(9);
  outbox.publish(3, event('a', '3'));
  outbox.publish(4, event('a', 'late', { ...NO_OPTIONS, delayMs: 5 }));
  standing.answered(2);
  outbox.publish(5, event('b', '4'));
  // On the next connection it is what it was.
  outbox.publish(1, first);
  outbox.flush();
  expect(read().runs.map(({ texts, options }) => [texts.join(), options.order])).toEqual([
    ['1,2', { number: 1, since: 1, past: 0 }],
    ['3', { number: 3, since: 1, past: 9 }],
    ['late', undefined],
    ['4', { number: 4, since: 1, past: 9 }],
    ['1', { number: 1, since: 1, past: 9 }],
  ]);
});

test('what is counted is in as many frames as the limit asks for, and none is counted twice', () => {
  const { outbox, read } = outboxAndReader(LIMITS, new Standing());
  for (let ref = 1; ref <= 20; ref++) outbox.publish(ref, event('a', 'x'.repeat(30)));
  outbox.flush();
  const numbers = read().runs.flatMap(({ texts, options }) => texts.map((_, i) => (options.order?.number ?? 0) + i));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});
