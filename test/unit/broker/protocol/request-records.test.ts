import { describe, expect, it } from 'vitest';
import {
  type Body,
  type BrokerRecordHandler,
  ByteWriter,
  type ClientRecordHandler,
  encodeReply,
  ProtocolError,
  type Reply,
  readBrokerRecords,
  readClientRecords,
  writeReplyRecord,
  writeRequestRecord,
} from '../../../../broker/protocol/index.ts';

const utf8 = new TextDecoder();
const bodyText = (body: Body | undefined): string | undefined => body && utf8.decode(body.data);
const said = ({ kind, error, body }: Reply) => ({ kind, error, data: bodyText(body) });

function hex(write: (to: ByteWriter) => void): string {
  const to = new ByteWriter();
  write(to);
  return Buffer.from(to.written()).toString('hex');
}

/** What a broker reads. */
function asBroker(frame: string): unknown[] {
  const calls: unknown[] = [];
  readClientRecords(Buffer.from(frame, 'hex'), {
    requests: {
      request: (ref, alias, wish, body) =>
        calls.push(['request', ref, alias, wish, { id: body.id, source: body.source, data: bodyText(body) }]),
      cancelRequest: (ref) => calls.push(['cancelRequest', ref]),
      wantParts: (ref, parts) => calls.push(['wantParts', ref, parts]),
      reply: (call, reply) => calls.push(['reply', call, said(reply)]),
    },
  } as Partial<ClientRecordHandler> as ClientRecordHandler);
  return calls;
}

/** What a client reads. */
function asClient(frame: string): unknown[] {
  const calls: unknown[] = [];
  readBrokerRecords(Buffer.from(frame, 'hex'), {
    requests: {
      call: (call, body) => calls.push(['call', call, bodyText(body)]),
      callOver: (call, reason) => calls.push(['callOver', call, reason]),
      wantedParts: (call, parts) => calls.push(['wantedParts', call, parts]),
      replied: (ref, repeated, reply) => calls.push(['replied', ref, repeated, said(reply)]),
      repliesOver: (...over) => calls.push(['repliesOver', ...over]),
    },
  } as Partial<BrokerRecordHandler> as BrokerRecordHandler);
  return calls;
}

function bytesOf(frame: string): Uint8Array {
  return Buffer.from(frame, 'hex');
}

describe('records of requests from client to broker, byte for byte', () => {
  const one = { timeoutMs: 1_000, many: undefined, parts: undefined };
  const golden: [string, string, (to: ByteWriter) => void, unknown][] = [
    [
      'request for one reply',
      '30070500e8070002' + '7b7d',
      (to) => writeRequestRecord.request(to, 7, 5, one, { data: '{}' }),
      ['request', 7, 5, one, { id: undefined, source: undefined, data: '{}' }],
    ],
    [
      'request that may be said again',
      '300705' + '00e807' + '06016b017302' + '7b7d',
      (to) => writeRequestRecord.request(to, 7, 5, one, { data: '{}', id: 'k', source: 's' }),
      ['request', 7, 5, one, { id: 'k', source: 's', data: '{}' }],
    ],
    [
      'request for many',
      '30070501e807030000',
      (to) => writeRequestRecord.request(to, 7, 5, { ...one, many: 3 }, { data: '' }),
      ['request', 7, 5, { ...one, many: 3 }, { id: undefined, source: undefined, data: '' }],
    ],
    [
      'request for parts',
      '30070502e807100000',
      (to) => writeRequestRecord.request(to, 7, 5, { ...one, parts: 16 }, { data: '' }),
      ['request', 7, 5, { ...one, parts: 16 }, { id: undefined, source: undefined, data: '' }],
    ],
    ['cancel', '31ac02', (to) => writeRequestRecord.cancelRequest(to, 300), ['cancelRequest', 300]],
    ['want parts', '320708', (to) => writeRequestRecord.wantParts(to, 7, 8), ['wantParts', 7, 8]],
    [
      'result',
      '3309000001' + '31',
      (to) => writeRequestRecord.reply(to, 9, 'result', encodeReply({ data: '1' })),
      ['reply', 9, { kind: 'result', error: undefined, data: '1' }],
    ],
    [
      'part',
      '3309010001' + '31',
      (to) => writeRequestRecord.reply(to, 9, 'part', encodeReply({ data: '1' })),
      ['reply', 9, { kind: 'part', error: undefined, data: '1' }],
    ],
    ['end', '330902', (to) => writeRequestRecord.reply(to, 9, 'end'), ['reply', 9, { kind: 'end' }]],
    [
      'error',
      '330903' + '0470' + '6f6f72' + '026e6f' + '0000',
      (to) => writeRequestRecord.reply(to, 9, 'error', encodeReply({ data: '' }, { code: 'poor', message: 'no' })),
      ['reply', 9, { kind: 'error', error: { code: 'poor', message: 'no' }, data: '' }],
    ],
    ['stopped', '330904', (to) => writeRequestRecord.reply(to, 9, 'stopped'), ['reply', 9, { kind: 'stopped' }]],
  ];

  it.each(golden)('%s', (_name, bytes, write, read) => {
    expect(hex(write)).toBe(bytes);
    expect(asBroker(bytes)).toEqual([read]);
  });
});

describe('records of requests from broker to client, byte for byte', () => {
  const call = { server: 3, call: 9, alias: 5, remainingMs: 1_000, attempt: 1, parts: 0 };
  const golden: [string, string, (to: ByteWriter) => void, unknown][] = [
    [
      'call',
      'b0030905e8070100' + '0002' + '7b7d',
      (to) => writeReplyRecord.call(to, call, bytesOf('0002' + '7b7d')),
      ['call', call, '{}'],
    ],
    ['call over', 'b10902', (to) => writeReplyRecord.callOver(to, 9, 'deadline'), ['callOver', 9, 'deadline']],
    ['want parts', 'b20904', (to) => writeReplyRecord.wantedParts(to, 9, 4), ['wantedParts', 9, 4]],
    [
      'replied',
      'b307010000' + '0131',
      (to) => writeReplyRecord.replied(to, 7, true, 'result', bytesOf('000131')),
      ['replied', 7, true, { kind: 'result', error: undefined, data: '1' }],
    ],
    [
      'replies over',
      'b407030200',
      (to) => writeReplyRecord.repliesOver(to, 7, 3, 2, 'all'),
      ['repliesOver', 7, 3, 2, 'all'],
    ],
  ];

  it.each(golden)('%s', (_name, bytes, write, read) => {
    expect(hex(write)).toBe(bytes);
    expect(asClient(bytes)).toEqual([read]);
  });
});

describe('records of requests that cannot be read', () => {
  it.each([
    ['flags that nobody knows', '30070504e8070000'],
    ['a kind of reply that nobody knows', '330905'],
    ['a body that is cut off', '33090000' + '05' + '31'],
    ['an error code of 129 characters', `3309038101${'61'.repeat(129)}000000`],
    ['no body where there must be one', '330900'],
  ])('%s', (_name, bytes) => {
    expect(() => asBroker(bytes)).toThrow(ProtocolError);
  });

  it('a reason that nobody knows', () => {
    expect(() => asClient('b10909')).toThrow(ProtocolError);
  });

  it('a message that is too long is cut by its writer', () => {
    const bytes = encodeReply({ data: '' }, { code: 'c'.repeat(200), message: `${'m'.repeat(4_095)}\u{1f600}` });
    const frame = hex((to) => writeRequestRecord.reply(to, 1, 'error', bytes));
    expect(asBroker(frame)).toMatchObject([['reply', 1, { error: { code: 'c'.repeat(128) } }]]);
  });
});
