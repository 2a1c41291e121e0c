import { describe, expect, it } from 'vitest';
import {
  type BrokerRecordHandler,
  ByteWriter,
  type ClientRecordHandler,
  type FindWish,
  NO_OUT_OPTIONS,
  readBrokerRecords,
  readClientRecords,
  type SpaceAnswerHandler,
  type SpaceRequestHandler,
  writeSpaceAnswer,
  writeSpaceRequest,
} from '../../../../broker/protocol/index.ts';

/** What a handler was called with, in order. */
function recorded<H extends object>(read: (handler: H) => void): unknown[] {
  const calls: unknown[] = [];
  const get =
    (_target: unknown, name: string) =>
    (...given: unknown[]) =>
      void calls.push([name, ...given]);
  read(new Proxy({} as H, { get: get as never }));
  return calls;
}

function hex(write: (to: ByteWriter) => void): string {
  const to = new ByteWriter();
  write(to);
  return Buffer.from(to.written()).toString('hex');
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'hex');
const read = (bytes: string, spaces?: SpaceRequestHandler) =>
  readClientRecords(bytesOf(bytes), { spaces } as unknown as ClientRecordHandler);
const plain: FindWish = {
  take: false,
  waitMs: undefined,
  transaction: undefined,
  leaseMs: undefined,
  final: false,
  many: undefined,
};
const lease = { id: 300, token: 2 ** 53 - 1, remainingMs: 30_000 };
const lease_hex = 'ac02ffffffffffffff0fb0ea01';

describe('records of spaces from client to broker, byte for byte', () => {
  const everything: FindWish = {
    take: true,
    waitMs: 1000,
    transaction: 300,
    leaseMs: 30_000,
    final: true,
    many: { max: 10, after: 2 },
  };
  const golden: [string, string, (to: ByteWriter) => void, unknown[]][] = [
    [
      'out',
      '20070100' + '065b22c3a9225d',
      (to) => writeSpaceRequest.out(to, 7, 1, NO_OUT_OPTIONS, '["é"]'),
      ['out', 7, 1, NO_OUT_OPTIONS, '["é"]'],
    ],
    [
      'out with every option',
      '200001' + '07' + 'e807' + 'ac02' + '09' + '027b7d',
      (to) => writeSpaceRequest.out(to, 0, 1, { leaseMs: 1000, transaction: 300, id: 9 }, '{}'),
      ['out', 0, 1, { leaseMs: 1000, transaction: 300, id: 9 }, '{}'],
    ],
    [
      'find, reading',
      '21070100' + '027b7d',
      (to) => writeSpaceRequest.find(to, 7, 1, plain, '{}'),
      ['find', 7, 1, plain, '{}'],
    ],
    [
      'find, taking, and waiting for ever',
      '2107010300' + '027b7d',
      (to) => writeSpaceRequest.find(to, 7, 1, { ...plain, take: true, waitMs: 0 }, '{}'),
      ['find', 7, 1, { ...plain, take: true, waitMs: 0 }, '{}'],
    ],
    [
      'find with everything',
      '2107013f' + 'e807' + 'ac02' + 'b0ea01' + '0a02' + '027b7d',
      (to) => writeSpaceRequest.find(to, 7, 1, everything, '{}'),
      ['find', 7, 1, everything, '{}'],
    ],
    ['cancel', '22ac02', (to) => writeSpaceRequest.cancel(to, 300), ['cancel', 300]],
    ['begin', '2307b0ea01', (to) => writeSpaceRequest.begin(to, 7, 30_000), ['begin', 7, 30_000]],
    ['renew', '240701ac02e807', (to) => writeSpaceRequest.renew(to, 7, 1, 300, 1000), ['renew', 7, 1, 300, 1000]],
  ];

  it.each(golden)('%s', (_name, bytes, write, call) => {
    expect(hex(write)).toBe(bytes);
    expect(recorded<SpaceRequestHandler>((spaces) => read(bytes, spaces))).toEqual([call]);
  });

  it('are read in their order', () => {
    const frame = golden.map(([, bytes]) => bytes).join('');
    const calls = recorded<SpaceRequestHandler>((spaces) => read(frame, spaces));
    expect(calls).toEqual(golden.map(([, , , call]) => call));
  });

  it('are refused with flags that nobody knows', () => {
    for (const bytes of ['20070108027b7d', '21070140027b7d']) {
      expect(() => read(bytes, {} as SpaceRequestHandler)).toThrow(
        expect.objectContaining({ code: 'frame_malformed', offset: 3 }),
      );
    }
  });

  it('are unknown to who has no spaces', () => {
    expect(() => read('22ac02')).toThrow(expect.objectContaining({ code: 'frame_unknown', offset: 0 }));
  });
});

describe('records of spaces from broker to client, byte for byte', () => {
  const golden: [string, string, (to: ByteWriter) => void, unknown[]][] = [
    [
      'written',
      'a00701ac02b0ea0101',
      (to) => writeSpaceAnswer.written(to, 7, 1, { tuple: 300, remainingMs: 30_000, durable: true, repeated: false }),
      ['written', 7, 1, { tuple: 300, remainingMs: 30_000, durable: true, repeated: false }],
    ],
    [
      'written, many, known before',
      'a007ac02050002',
      (to) => writeSpaceAnswer.written(to, 7, 300, { tuple: 5, remainingMs: 0, durable: false, repeated: true }),
      ['written', 7, 300, { tuple: 5, remainingMs: 0, durable: false, repeated: true }],
    ],
    [
      'found',
      `a10701${lease_hex}000105027b7d`,
      (to) => writeSpaceAnswer.found(to, 7, lease, 0, [{ tuple: 5, text: '{}' }]),
      ['found', 7, lease, 0, [{ tuple: 5, text: '{}' }]],
    ],
    [
      'found, many, read',
      'a107000602' + '05027b7d' + '06025b5d',
      (to) =>
        writeSpaceAnswer.found(to, 7, undefined, 6, [
          { tuple: 5, text: '{}' },
          { tuple: 6, text: '[]' },
        ]),
      [
        'found',
        7,
        undefined,
        6,
        [
          { tuple: 5, text: '{}' },
          { tuple: 6, text: '[]' },
        ],
      ],
    ],
    ['nothing', 'a20701', (to) => writeSpaceAnswer.nothing(to, 7, 'deadline'), ['nothing', 7, 'deadline']],
    ['begun', `a307${lease_hex}`, (to) => writeSpaceAnswer.begun(to, 7, lease), ['begun', 7, lease]],
  ];

  it.each(golden)('%s', (_name, bytes, write, call) => {
    expect(hex(write)).toBe(bytes);
    const calls = recorded<SpaceAnswerHandler>((spaces) =>
      readBrokerRecords(bytesOf(bytes), { spaces } as unknown as BrokerRecordHandler),
    );
    expect(calls).toEqual([call]);
  });

  it('ends at the first byte that is missing', () => {
    const frame = golden[2]?.[1] ?? '';
    const handler = { spaces: { found() {} } } as unknown as BrokerRecordHandler;
    for (let length = 2; length < frame.length; length += 2) {
      expect(() => readBrokerRecords(bytesOf(frame.slice(0, length)), handler)).toThrow(
        expect.objectContaining({ code: 'frame_malformed' }),
      );
    }
  });
});
