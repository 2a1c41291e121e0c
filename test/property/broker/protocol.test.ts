import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Body,
  type BodyFields,
  ByteReader,
  ByteWriter,
  type ClientRecordHandler,
  decodeControls,
  ProtocolError,
  readBody,
  readBrokerControl,
  readBrokerRecords,
  readClientControl,
  readClientRecords,
  writeBody,
  writeClientRecord,
} from '../../../broker/protocol/index.ts';

const number = fc.oneof(fc.nat(300), fc.maxSafeNat());
const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const attribute = fc.oneof(text, fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const body: fc.Arbitrary<BodyFields> = fc.record(
  {
    data: fc.uint8Array({ maxLength: 300 }),
    contentType: text.filter((type) => type !== 'application/json'),
    id: text,
    source: text,
    time: number,
    attributes: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), attribute, {
      maxKeys: 8,
      noNullPrototype: false,
    }),
  },
  { requiredKeys: ['data'] },
);

const ignore: ClientRecordHandler = { topic() {}, publish() {}, credit() {}, fetch() {}, settle() {} };

/** Runs it and answers what it threw, which may only be a refusal. */
function refusal(run: () => void): ProtocolError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return error as ProtocolError;
  }
}

function encoded(write: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter();
  write(to);
  return to.written().slice();
}

describe('the codec', () => {
  it('gives a body back as it was, and its bytes for forwarding', () => {
    fc.assert(
      fc.property(body, (fields) => {
        const bytes = encoded((to) => writeBody(to, fields));
        const read: Body = readBody(new ByteReader(bytes));
        const { bytes: again, attributes, contentType, id, source, time, data, size, fault } = read;
        const { attributes: given, ...expected } = fields;
        expect({ contentType, id, source, time, data, fault }).toEqual({
          contentType: undefined,
          id: undefined,
          source: undefined,
          time: undefined,
          fault: undefined,
          ...expected,
        });
        expect(size).toBe(data.length);
        expect(attributes === undefined ? undefined : Object.entries(attributes)).toEqual(
          given === undefined ? undefined : Object.entries(given),
        );
        expect(again).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('carries every whole number up to 2^53 - 1', () => {
    fc.assert(
      fc.property(number, (value) => {
        expect(new ByteReader(encoded((to) => to.varint(value))).varint()).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses every proper part of a record, and nothing but refuses', () => {
    fc.assert(
      fc.property(body, fc.nat(), (fields, cut) => {
        const frame = encoded((to) => writeClientRecord.publish(to, 1, 2, fields));
        const part = frame.subarray(0, 1 + (cut % (frame.length - 1)));
        expect(refusal(() => readClientRecords(part, ignore))?.code).toBe('frame_malformed');
      }),
      { numRuns: 2000 },
    );
  });

  it('answers random bytes with a refusal or an understanding, in both directions', () => {
    const broker = {
      topic() {},
      provenance() {},
      receipts() {},
      events() {},
      event() {},
      notice() {},
      gap() {},
      fetched() {},
      settled() {},
      refused() {},
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 9 }), (noise, tag) => {
        refusal(() => readClientRecords(Uint8Array.of(tag, ...noise), ignore));
        refusal(() => readBrokerRecords(Uint8Array.of(0x80 + tag, ...noise), broker));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('control frames', () => {
  const kind = fc.constantFrom('hello', 'subscribe', 'explain', 'replace', 'welcome', '__proto__', 'constructor', 'x');

  it('answer random JSON with a refusal or an understanding', () => {
    const field = fc.constantFrom('ref', 'topic', 'when', 'event', 'filter', 'session', 'client', '__proto__', 'x');
    fc.assert(
      fc.property(kind, fc.dictionary(field, fc.jsonValue({ maxDepth: 3 })), (name, fields) => {
        for (const { value } of decodeControls(JSON.stringify([{ ...fields, kind: name }]))) {
          refusal(() => readClientControl(value));
          refusal(() => readBrokerControl(value));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('are refused with the name of the field at fault', () => {
    const refused = (frame: object): string => {
      const error = refusal(() => readClientControl(frame));
      expect(error?.code).toBe('frame_malformed');
      return error?.message ?? '';
    };
    expect(refused({ kind: 'subscribe', ref: 1, topic: 7 })).toContain('subscribe.topic must be a text');
    expect(refused({ kind: 'subscribe', ref: 0, topic: 'a' })).toContain('subscribe.ref must be a whole number from 1');
    expect(refused({ kind: 'subscribe', ref: 1, topic: 'a', wen: 'x = 1' })).toContain('has no field "wen"');
    expect(refused({ kind: 'explain', ref: 1, event: {}, filter: { subscription: 1 } })).toContain(
      'explain.event.topic',
    );
  });

  it('are read only from a JSON object, or a list of them', () => {
    const read = (message: string): void => {
      for (const { value } of decodeControls(message)) readClientControl(value);
    };
    for (const message of ['', '[]', 'null', '7', '{', '"hello"', '[{"kind":"ping","ref":1},7]', '[[]]']) {
      expect(refusal(() => read(message))?.code).toBe('frame_malformed');
    }
    expect(refusal(() => read('[{"kind":"ping","ref":1},{"kind":"ping","ref":2}]'))).toBeUndefined();
  });

  it('are refused by themselves in a list: the others have their refs', () => {
    expect(decodeControls('[{"kind":"ping","ref":7},null,{"ref":-1},{"ref":8}]').map(({ ref }) => ref)).toEqual([
      7, 0, 0, 8,
    ]);
  });
});
