import { checkTopic } from '../../../../matcher/index.ts';
import { z } from '../../../kernel/schema.ts';
import {
  type BodyToWrite,
  ByteReader,
  ByteWriter,
  ProtocolError,
  type PublishOptions,
  type Receipt,
  readBody,
  uncountedBy,
  writeBody,
} from '../../../protocol/index.ts';
import type { Publish } from '../../../publish/publish.ts';
import type { RecentEvents } from '../../../publish/recent.ts';
import { fromBinary, fromStructured, isBinaryMode } from '../cloudevents/decode.ts';
import { BATCH, STRUCTURED } from '../cloudevents/names.ts';
import { HttpProblem, type Problem } from '../problem.ts';
import { mediaType, readJson } from '../reading.ts';
import { type Call, type Route, route } from '../route.ts';
import { numberText, problem, receipt, truthText } from '../schemas.ts';

export interface PublishRouteMeans {
  readonly publish: Publish;
  readonly recent: RecentEvents;
  readonly draining: () => boolean;
  /** What to tell about an error, counted. */
  readonly problem: (error: unknown) => Problem;
}

const query = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('Identity, with source: published again within a while, it is recognised.'),
  source: z.string().min(1).max(256).optional(),
  retain: truthText.optional().describe('It is the last value of its topic from now on.'),
  durable: truthText.optional().describe('Refused where it cannot be stored.'),
  mandatory: truthText.optional().describe('Refused where nobody wants it.'),
  ttlMs: numberText(0).optional(),
  delayMs: numberText(1).optional(),
});
type Query = z.infer<typeof query>;

/**
 * Source of events that are known by their Idempotency-Key, where the caller does not say `source`. The same for all: an address
 * is no name, since whoever tries again may have got another one, and then a repetition would be published twice. Callers whose
 * keys are not random keep them apart by `source`.
 */
const KEYED = 'urn:tellwhen:idempotency-key';

const KEY_CHARACTERS_MAX = 256;

/** A batch is published in one turn, in which nobody else is served: 10 µs an event. */
const BATCH_MAX = 1_000;

const writer = new ByteWriter();

export function publishRoutes(means: PublishRouteMeans): readonly Route[] {
  return [
    route<Query>({
      method: 'POST',
      path: '/v1/topics/{topic+}',
      tag: 'events',
      summary:
        'Publishes an event, or several: a body of any type as it is, or CloudEvents 1.0 in binary, structured or batch mode.',
      query,
      body: { types: ['*/*', 'application/json', STRUCTURED, BATCH] },
      headers: {
        'Idempotency-Key':
          'The id of an event that has none: published again within a while, it is recognised. Another event with it is refused, as long as the first is remembered. Keys are to be random, as a UUID is; those of whoever says `source` are his own.',
        'ce-specversion': '1.0: the event is a CloudEvent in binary mode; its attributes are in the headers ce-….',
      },
      answers: {
        200: { meaning: 'Published; in batch mode all of them, in order.', schema: z.union([receipt, batchReceipt()]) },
        202: { meaning: 'Takes its place in the order later.', schema: receipt },
        207: { meaning: 'Of a batch some were published and some refused.', schema: batchReceipt() },
      },
      handle(call) {
        if (means.draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
        const topic = call.params['topic'] ?? '';
        checkTopic(topic);
        if (mediaType(call.request) === BATCH) publishBatch(call, topic, means);
        else publishOne(call, topic, means);
      },
    }),
  ];
}

function batchReceipt() {
  return z.object({ receipts: z.array(z.union([receipt, z.object({ problem })])) });
}

function publishOne(call: Call<Query, Uint8Array>, topic: string, means: PublishRouteMeans): void {
  const identified = identify(eventOf(call), call, '');
  const taken = (given: Receipt): void => call.json(given.delayed ? 202 : 200, given);
  hand(identified, topic, call, means, { taken, refused: call.refuse });
}

function publishBatch(call: Call<Query, Uint8Array>, topic: string, means: PublishRouteMeans): void {
  const list = readJson(call.body);
  if (!Array.isArray(list) || list.length > BATCH_MAX) {
    throw new HttpProblem('request_malformed', `a batch is a list of at most ${BATCH_MAX} CloudEvents`);
  }
  // What cannot be read is refused before anything is published.
  const events = list.map((one, i) => identify(fromStructured(one), call, `/${i}`));
  const receipts: (Receipt | { readonly problem: Problem })[] = new Array(events.length);
  let waiting = events.length;
  const got = (i: number, one: Receipt | { readonly problem: Problem }): void => {
    receipts[i] = one;
    waiting -= 1;
    if (waiting === 0) call.json(receipts.some((one) => 'problem' in one) ? 207 : 200, { receipts });
  };
  if (events.length === 0) call.json(200, { receipts });
  events.forEach((event, i) => {
    const refused = (error: unknown): void => got(i, { problem: means.problem(error) });
    try {
      hand(event, topic, call, means, { taken: (given) => got(i, given), refused });
    } catch (error) {
      refused(error);
    }
  });
}

/** How it ended, told in this turn or once it is on disk. */
interface Ending {
  readonly taken: (receipt: Receipt) => void;
  readonly refused: (error: unknown) => void;
}

/** Throws FilterError or ProtocolError where the event is refused at once. */
function hand(
  { event, byKey }: Identified,
  topic: string,
  { query, caller }: Call<Query, Uint8Array>,
  { publish, recent }: PublishRouteMeans,
  { taken, refused }: Ending,
): void {
  writer.clear();
  writeBody(writer, event);
  // Publishing is over with it when it returns.
  const body = readBody(new ByteReader(writer.written()));
  if (body.fault !== undefined) throw new ProtocolError('attributes_invalid', body.fault);
  const options: PublishOptions = {
    retain: query.retain ?? false,
    durable: query.durable ?? false,
    mandatory: query.mandatory ?? false,
    ttlMs: query.ttlMs,
    delayMs: query.delayMs,
  };
  // Its own memory: the receipt may come later.
  const keyed = byKey ? body.bytes.slice() : undefined;
  const receipts = (_ref: number, _count: number, receipt: Receipt): void => {
    const first = receipt.repeated && keyed !== undefined ? recent.recall(receipt.seq) : undefined;
    if (keyed === undefined || first === undefined) taken(receipt);
    else if (first.topic === topic && Buffer.compare(first.body.bytes, keyed) === 0) taken(receipt);
    else
      refused(new HttpProblem('idempotency_key_reused', `this key was given to event ${receipt.seq}, which differs`));
  };
  const { source } = event;
  const named = source === undefined || source === KEYED ? caller : { ...caller, provenance: uncountedBy(source) };
  publish.publish(named, { topic, body, options }, { receipts }, 1);
}

function eventOf({ request, body }: Call<Query, Uint8Array>): BodyToWrite {
  const type = mediaType(request);
  if (type === STRUCTURED) return fromStructured(readJson(body));
  if (type.startsWith('application/cloudevents')) {
    throw new HttpProblem('media_type_unknown', `CloudEvents come as ${STRUCTURED} or ${BATCH}, not ${type}`);
  }
  if (isBinaryMode(request.headers)) return fromBinary(request.headers, body);
  return { contentType: request.headers.get('content-type') ?? 'application/octet-stream', data: body };
}

interface Identified {
  readonly event: BodyToWrite;
  /** Its id is an Idempotency-Key. */
  readonly byKey: boolean;
}

function identify(event: BodyToWrite, { query, request }: Call<Query, Uint8Array>, suffix: string): Identified {
  const key = request.headers.get('idempotency-key');
  const id = event.id ?? query.id;
  if (id !== undefined) {
    const source = event.source ?? query.source;
    const own = suffix === '' || event.id !== undefined ? id : id + suffix;
    return { event: { ...event, id: own, ...(source !== undefined && { source }) }, byKey: false };
  }
  if (key !== undefined) {
    if (key === '' || key.length > KEY_CHARACTERS_MAX) {
      throw new HttpProblem('request_malformed', `Idempotency-Key has 1 to ${KEY_CHARACTERS_MAX} characters`);
    }
    return { event: { ...event, id: key + suffix, source: query.source ?? KEYED }, byKey: true };
  }
  return { event: query.source === undefined ? event : { ...event, source: query.source }, byKey: false };
}
