import { describe, expect, it } from 'vitest';
import {
  ByteWriter,
  type Receipt,
  RUN_EVENTS_MAX,
  readBrokerRecords,
  writeBrokerRecord,
} from '../../../../broker/protocol/index.ts';
import { OpenEvents } from '../../../../broker/session/open-events.ts';
import { OpenReceipts } from '../../../../broker/session/open-receipts.ts';
import { brokerRecordsOneByOne, type SingleBrokerRecords } from '../../../support/one-by-one.ts';

const BODY = Uint8Array.of(0, 1, 0x31);
const RECEIPT: Receipt = {
  seq: 1,
  matched: 0,
  durable: false,
  unreadable: false,
  repeated: false,
  delayed: false,
};

function read(to: ByteWriter, handler: Partial<SingleBrokerRecords>): void {
  const none = (): void => {};
  const all = { topic: none, receipt: none, event: none, notice: none, gap: none, fetched: none, settled: none };
  readBrokerRecords(to.written(), brokerRecordsOneByOne({ ...all, refused: none, ...handler }));
}

describe('events that follow those of the last record', () => {
  it('are added to it, as many as a record can have', () => {
    const to = new ByteWriter();
    const open = new OpenEvents();
    const count = RUN_EVENTS_MAX + 10;
    let records = 0;
    for (let seq = 1; seq <= count; seq++) {
      if (open.extend(to, 3, 'a', 9, seq, 1, BODY)) continue;
      writeBrokerRecord.events(to, 3, { alias: 0, time: 9, seq }, 1, BODY);
      open.begin(to, 3, 'a', 9, seq, 1, BODY.length);
      records += 1;
    }
    const seqs: number[] = [];
    read(to, { event: (_, { seq }) => void seqs.push(seq) });
    expect(records).toBe(2);
    expect(seqs).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  });

  it('are not added where anything differs, or anything was written in between', () => {
    const begun = () => {
      const to = new ByteWriter();
      const open = new OpenEvents();
      writeBrokerRecord.events(to, 3, { alias: 0, time: 9, seq: 5 }, 1, BODY);
      open.begin(to, 3, 'a', 9, 5, 1, BODY.length);
      return { to, open };
    };
    const tries: ((to: ByteWriter, open: OpenEvents) => boolean)[] = [
      (to, open) => open.extend(to, 4, 'a', 9, 6, 1, BODY),
      (to, open) => open.extend(to, 3, 'b', 9, 6, 1, BODY),
      (to, open) => open.extend(to, 3, 'a', 8, 6, 1, BODY),
      (to, open) => open.extend(to, 3, 'a', 9, 7, 1, BODY),
      (to, open) => {
        writeBrokerRecord.settled(to, 1, 1);
        return open.extend(to, 3, 'a', 9, 6, 1, BODY);
      },
      (to, open) => {
        to.clear();
        open.close();
        return open.extend(to, 3, 'a', 9, 6, 1, BODY);
      },
    ];
    for (const attempt of tries) {
      const { to, open } = begun();
      expect(attempt(to, open)).toBe(false);
    }
    const { to, open } = begun();
    expect(open.extend(to, 3, 'a', 9, 6, 1, BODY)).toBe(true);
  });
});

describe('receipts in a row', () => {
  it('are told as they were given, in fewer records', () => {
    const given: [ref: number, receipt: Receipt][] = [
      [1, RECEIPT],
      [2, { ...RECEIPT, seq: 2 }],
      [3, { ...RECEIPT, seq: 3, matched: 1 }],
      [4, { ...RECEIPT, seq: 4, matched: 1, durable: true }],
      [5, { ...RECEIPT, seq: 0, delayed: true }],
      [6, { ...RECEIPT, seq: 0, delayed: true }],
      [8, { ...RECEIPT, seq: 0, delayed: true }],
      [9, { ...RECEIPT, seq: 1, repeated: true }],
      [10, { ...RECEIPT, seq: 2, repeated: true }],
    ];
    const to = new ByteWriter();
    const open = new OpenReceipts();
    for (const [ref, receipt] of given) {
      if (open.extend(ref, 1, receipt)) continue;
      open.end(to);
      open.begin(ref, 1, receipt);
    }
    open.end(to);
    const told: [number, Receipt][] = [];
    read(to, { receipt: (ref, receipt) => void told.push([ref, receipt]) });
    expect(told).toEqual(given);
    expect(open.count).toBe(0);
  });
});
