import { describe, expect, it } from 'vitest';
import {
  type Body,
  BodyRun,
  type BrokerRecordHandler,
  ByteWriter,
  type ClientRecordHandler,
  NO_OPTIONS,
  PAST_UNKNOWN,
  publisherNumber,
  readBrokerRecords,
  readClientRecords,
  writeBrokerRecord,
  writeClientRecord,
} from '../../../../broker/protocol/index.ts';

const utf8 = new TextEncoder();

/** What a handler was called with, in order; bodies without their raw bytes, which the hex shows already. */
function recorded<H extends object>(read: (handler: H) => void): unknown[] {
  const calls: unknown[] = [];
  const handler = new Proxy({} as H, {
    get:
      (_target, name) =>
      (...given: unknown[]) => {
        calls.push([name, ...given.map(plain)]);
      },
  });
  read(handler);
  return calls;
}

function plain(value: unknown): unknown {
  if (value instanceof BodyRun) return Array.from({ length: value.count }, (_, i) => shortOf(value.body(i)));
  if (typeof value !== 'object' || value === null || !('data' in value)) return value;
  const { bytes: _bytes, size: _size, ...fields } = value as { data: unknown; bytes?: unknown; size?: unknown };
  const said = Object.entries(fields).filter(([, field]) => field !== undefined);
  return { ...Object.fromEntries(said), data: new TextDecoder().decode(value.data as Uint8Array) };
}

/** A body that says nothing but its data is shown as that. */
function shortOf(body: Body): unknown {
  const { data, ...said } = plain(body) as { data: string };
  return Object.keys(said).length === 0 ? data : { ...said, data };
}

function hex(write: (to: ByteWriter) => void): string {
  const to = new ByteWriter();
  write(to);
  return Buffer.from(to.written()).toString('hex');
}

const receipt = { seq: 1_000_000, matched: 3, durable: false, unreadable: false, repeated: false, delayed: false };
const everyOption = { durable: true, mandatory: true, retain: true, ttlMs: 1000, delayMs: 3_600_000 };
const counted = { ...NO_OPTIONS, order: { number: 300, since: 298, past: 1_000_000 } };
const lease = { id: 300, token: 2 ** 53 - 1, remainingMs: 30_000 };
const lease_hex = 'ac02ffffffffffffff0fb0ea01';

describe('records from client to broker, byte for byte', () => {
  const golden: [string, string, (to: ByteWriter) => void, unknown[]][] = [
    ['topic', '010503612f62', (to) => writeClientRecord.topic(to, 5, 'a/b'), ['topic', 5, 'a/b']],
    [
      'publish of plain JSON',
      '02070500' + '0104' + '00027b7d',
      (to) => writeClientRecord.publish(to, 7, 5, { data: utf8.encode('{}') }),
      ['publish', 7, 5, ['{}'], NO_OPTIONS],
    ],
    [
      'publish of everything',
      '02000500' +
        '012f' +
        '1f' +
        '0a746578742f706c61696e' +
        '026531' +
        '02c3a9' +
        'e807' +
        '04' +
        '016e02000000000000f83f' +
        '017303027573' +
        '017401' +
        '016600' +
        '026869',
      (to) =>
        writeClientRecord.publish(to, 0, 5, {
          contentType: 'text/plain',
          id: 'e1',
          source: 'é',
          time: 1000,
          attributes: { n: 1.5, s: 'us', t: true, f: false },
          data: utf8.encode('hi'),
        }),
      [
        'publish',
        0,
        5,
        [
          {
            contentType: 'text/plain',
            id: 'e1',
            source: 'é',
            time: 1000,
            attributes: { n: 1.5, s: 'us', t: true, f: false },
            data: 'hi',
          },
        ],
        NO_OPTIONS,
      ],
    ],
    [
      'publish with every option',
      '020705' + '1f' + 'e807' + '80dddb01' + '0104' + '00027b7d',
      (to) => writeClientRecord.publish(to, 7, 5, { data: utf8.encode('{}') }, everyOption),
      ['publish', 7, 5, ['{}'], everyOption],
    ],
    [
      'publish with one option',
      '02070501' + '0104' + '00027b7d',
      (to) => writeClientRecord.publish(to, 7, 5, { data: utf8.encode('{}') }, { ...NO_OPTIONS, durable: true }),
      ['publish', 7, 5, ['{}'], { ...NO_OPTIONS, durable: true }],
    ],
    [
      'publish that is counted: the 300th, the 298th without an answer, after seq 1,000,000',
      '020705' + '20' + 'ac02' + '02' + 'c0843d' + '0104' + '00027b7d',
      (to) => writeClientRecord.publish(to, 7, 5, { data: utf8.encode('{}') }, counted),
      ['publish', 7, 5, ['{}'], counted],
    ],
    [
      'credit',
      '03018002808040',
      (to) => writeClientRecord.credit(to, 1, 256, 1_048_576),
      ['credit', 1, 256, 1_048_576],
    ],
    ['fetch', '04090280020a', (to) => writeClientRecord.fetch(to, 9, 2, 256, 10), ['fetch', 9, 2, 256, 10]],
    ['ack', '05010000010f', (to) => writeClientRecord.settle(to, 1, 'ack', 0, 1, 15), ['settle', 1, 'ack', 0, 1, 15]],
    [
      'release',
      '050201f403010f',
      (to) => writeClientRecord.settle(to, 2, 'release', 500, 1, 15),
      ['settle', 2, 'release', 500, 1, 15],
    ],
    [
      'extend',
      '050302e807010f',
      (to) => writeClientRecord.settle(to, 3, 'extend', 1000, 1, 15),
      ['settle', 3, 'extend', 1000, 1, 15],
    ],
  ];

  it.each(golden)('%s', (_name, bytes, write, call) => {
    expect(hex(write)).toBe(bytes);
    const calls = recorded<ClientRecordHandler>((handler) => readClientRecords(Buffer.from(bytes, 'hex'), handler));
    expect(calls).toEqual([call]);
  });

  it('refuses options that it does not know', () => {
    const read = () => readClientRecords(Buffer.from('020705400104' + '00027b7d', 'hex'), {} as ClientRecordHandler);
    expect(read).toThrow(expect.objectContaining({ code: 'frame_malformed', offset: 3 }));
  });

  it('reads many records of one frame in their order', () => {
    const frame = Buffer.from(golden.map(([, bytes]) => bytes).join(''), 'hex');
    const calls = recorded<ClientRecordHandler>((handler) => readClientRecords(frame, handler));
    expect(calls).toEqual(golden.map(([, , , call]) => call));
  });
});

describe('records from broker to client, byte for byte', () => {
  const body = Buffer.from('00027b7d', 'hex');
  const golden: [string, string, (to: ByteWriter) => void, unknown[]][] = [
    ['topic', '810503612f62', (to) => writeBrokerRecord.topic(to, 5, 'a/b'), ['topic', 5, 'a/b']],
    [
      'provenance',
      '8affffffffffff3f' + 'ac02' + 'c1843d',
      (to) => writeBrokerRecord.provenance(to, { publisher: 2 ** 48 - 1, number: 300, past: 1_000_000 }),
      ['provenance', { publisher: 2 ** 48 - 1, number: 300, past: 1_000_000 }],
    ],
    [
      'provenance of an event that nobody counted',
      '8a070000',
      (to) => writeBrokerRecord.provenance(to, { publisher: 7, number: 0, past: PAST_UNKNOWN }),
      ['provenance', { publisher: 7, number: 0, past: PAST_UNKNOWN }],
    ],
    [
      'receipt',
      '820701c0843d0302',
      (to) => writeBrokerRecord.receipts(to, 7, 1, { ...receipt, unreadable: true }),
      ['receipts', 7, 1, { ...receipt, unreadable: true }],
    ],
    [
      'receipt of an event known before',
      '820701c0843d0305',
      (to) => writeBrokerRecord.receipts(to, 7, 1, { ...receipt, durable: true, repeated: true }),
      ['receipts', 7, 1, { ...receipt, durable: true, repeated: true }],
    ],
    [
      'receipt of a delayed event',
      '820701000008',
      (to) => writeBrokerRecord.receipts(to, 7, 1, { ...receipt, seq: 0, matched: 0, delayed: true }),
      ['receipts', 7, 1, { ...receipt, seq: 0, matched: 0, delayed: true }],
    ],
    [
      'receipts of a run',
      '8207ac02c0843d0300',
      (to) => writeBrokerRecord.receipts(to, 7, 300, receipt),
      ['receipts', 7, 300, receipt],
    ],
    [
      'events',
      '8902' + '05e80709' + '0200' + '08000000' + '00027b7d' + '00025b5d',
      (to) =>
        writeBrokerRecord.events(to, 2, { alias: 5, time: 1000, seq: 9 }, 2, Buffer.from('00027b7d00025b5d', 'hex')),
      ['events', 2, { alias: 5, time: 1000, seq: 9 }, ['{}', '[]']],
    ],
    [
      'last value of a topic',
      '8302' + '0209e80705' + '00027b7d',
      (to) => writeBrokerRecord.event(to, 2, { seq: 9, time: 1000, alias: 5, attempt: 0, retained: true }, body),
      ['event', 2, { seq: 9, time: 1000, alias: 5, attempt: 0, lease: undefined, retained: true }, { data: '{}' }],
    ],
    [
      'event under a lease',
      `83020109e8070502${lease_hex}00027b7d`,
      (to) =>
        writeBrokerRecord.event(to, 2, { seq: 9, time: 1000, alias: 5, attempt: 2, lease, retained: false }, body),
      ['event', 2, { seq: 9, time: 1000, alias: 5, attempt: 2, lease, retained: false }, { data: '{}' }],
    ],
    [
      'notice',
      `840209050201${lease_hex}`,
      (to) => writeBrokerRecord.notice(to, 2, { seq: 9, alias: 5, size: 2, attempt: 1, retention: lease }),
      ['notice', 2, { seq: 9, alias: 5, size: 2, attempt: 1, retention: lease }],
    ],
    [
      'gap',
      '850200030c',
      (to) => writeBrokerRecord.gap(to, 2, 'overflow_oldest', 3, 12),
      ['gap', 2, 'overflow_oldest', 3, 12],
    ],
    [
      'fetched',
      `86040109e8070501${lease_hex}00027b7d`,
      (to) =>
        writeBrokerRecord.fetched(to, 4, { seq: 9, time: 1000, alias: 5, attempt: 1, lease, retained: false }, body),
      ['fetched', 4, { seq: 9, time: 1000, alias: 5, attempt: 1, lease, retained: false }, { data: '{}' }],
    ],
    ['settled', '8704b0ea01', (to) => writeBrokerRecord.settled(to, 4, 30_000), ['settled', 4, 30_000]],
    [
      'refused',
      '88040a6576656e745f676f6e6504676f6e65',
      (to) => writeBrokerRecord.refused(to, 4, 'event_gone', 'gone'),
      ['refused', 4, 'event_gone', 'gone'],
    ],
  ];

  it.each(golden)('%s', (_name, bytes, write, call) => {
    expect(hex(write)).toBe(bytes);
    const calls = recorded<BrokerRecordHandler>((handler) => readBrokerRecords(Buffer.from(bytes, 'hex'), handler));
    expect(calls).toEqual([call]);
  });

  it('reads a code of a newer broker as internal', () => {
    const frame = hex((to) => {
      to.u8(0x88);
      to.varint(1);
      to.string('of_tomorrow');
      to.string('words');
    });
    const calls = recorded<BrokerRecordHandler>((handler) => readBrokerRecords(Buffer.from(frame, 'hex'), handler));
    expect(calls).toEqual([['refused', 1, 'internal', 'words']]);
  });
});

describe('the number of a publisher', () => {
  it('is the same for ever: it is in stores', () => {
    expect(publisherNumber('')).toBe(196_316_531_301_829);
    expect(publisherNumber('mqtt thermostat')).toBe(78_676_977_082_112);
    expect(publisherNumber('80be440598bb27941342c94d27c786cd')).toBe(237_230_128_174_154);
  });

  it('differs where names differ by little', () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `mqtt device-${i}`);
    expect(new Set(names.map(publisherNumber)).size).toBe(names.length);
  });
});
