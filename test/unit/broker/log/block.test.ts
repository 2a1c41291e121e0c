import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Block, OpenBlock } from '../../../../broker/log/block.ts';
import { BodyRun, ByteReader, ByteWriter, ProtocolError, writeBody } from '../../../../broker/protocol/index.ts';
import { PublishedRun } from '../../../../broker/publish/published-run.ts';
import { eventOf } from '../../../support/stored.ts';

const event = fc.record({
  /** From the event before. */
  step: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2 ** 40 })),
  topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  time: fc.maxSafeNat(),
  expiresMs: fc.oneof(fc.constant(0), fc.maxSafeNat()),
  data: fc.string({ unit: 'grapheme', maxLength: 300 }),
});

describe('a block', () => {
  it('is read as it was written, event for event', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.array(event, { maxLength: 30 }), (first, storedMs, steps) => {
        let seq = first - 1;
        const events = steps.map(({ step, ...fields }) => {
          seq += step;
          return { seq, ...fields };
        });
        const open = new OpenBlock(first, storedMs, 256);
        for (const one of events) open.add(eventOf(one), one.expiresMs);
        for (const block of [open.soFar, open.close(), Block.read(open.close().bytes)]) {
          expect(block).toMatchObject({ first, storedMs });
          expect(block.seqs).toEqual(events.map((one) => one.seq));
          for (const { data, ...fields } of events) {
            const found = block.find(fields.seq);
            expect(found).toMatchObject({ ...fields, storedMs });
            expect(Buffer.from(found?.body.data ?? []).toString()).toBe(data);
          }
          expect(block.find(first - 1)).toBeUndefined();
          expect(block.find(seq + 1)).toBeUndefined();
        }
      }),
    );
  });

  it('has the events of a run, or of a part of it, each with the time that it says, or that of the run', () => {
    const to = new ByteWriter();
    const times = [undefined, 7, undefined, 0, undefined];
    times.forEach((time, n) => {
      writeBody(to, { data: `${n}`, time, contentType: n === 2 ? 'text/plain' : undefined });
    });
    const bodies = new BodyRun();
    bodies.read(new ByteReader(to.written()), times.length, to.length);
    const place = {
      topic: 'a/b',
      firstSeq: 20,
      time: 1_000,
      arrivedMs: 0,
      provenance: { publisher: 5, number: 40, past: 3 },
    };
    const run = new PublishedRun(place, bodies, { depthMax: 8, keysMax: 100 });
    const open = new OpenBlock(15, 5, 256);
    open.add(eventOf({ seq: 15 }), 0);
    open.addRun(run, 1, 4);
    open.add(eventOf({ seq: 30 }), 0);
    for (const block of [open.close(), Block.read(open.close().bytes)]) {
      expect(block.seqs).toEqual([15, 21, 22, 23, 24, 30]);
      for (const n of [1, 2, 3, 4]) {
        const found = block.find(20 + n);
        expect(found).toMatchObject({ seq: 20 + n, topic: 'a/b', time: times[n] ?? 1_000, expiresMs: 0, storedMs: 5 });
        expect(found?.body.contentType).toBe(n === 2 ? 'text/plain' : undefined);
        expect(Buffer.from(found?.body.data ?? []).toString()).toBe(`${n}`);
      }
      expect(block.find(20)).toBeUndefined();
      expect(block.find(25)).toBeUndefined();
    }
  });

  it('has no event between two of its own', () => {
    const open = new OpenBlock(10, 0, 256);
    for (const seq of [10, 20, 30]) open.add(eventOf({ seq }), 0);
    expect([9, 11, 19, 21, 31].map((seq) => open.close().find(seq))).toEqual(Array(5).fill(undefined));
  });

  it('that is cut short is refused', () => {
    const open = new OpenBlock(1, 0, 256);
    for (const seq of [1, 2, 3]) open.add(eventOf({ seq }), 0);
    const { bytes } = open.close();
    expect(() => Block.read(bytes.subarray(0, bytes.length - 1))).toThrow(ProtocolError);
    expect(() => Block.read(new Uint8Array(0))).toThrow(ProtocolError);
  });
});
