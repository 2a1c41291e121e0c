import { z } from '../../kernel/schema.ts';
import { ACKS, AT_ENDS, MODES, ORDERS, OVERFLOWS, PAGE_MAX, RETAINEDS } from '../../protocol/index.ts';

/** The shapes of what this door reads and answers. They validate, and the description of the door is made from them. */

const positive = z.int().min(1);
const natural = z.int().min(0);
const ms = positive.max(0xffff_ffff);

/** A whole number as a query has it. */
export function numberText(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z
    .string()
    .regex(/^\d{1,16}$/, 'a whole number is expected')
    .transform(Number)
    .pipe(z.int().min(min).max(max));
}

export const truthText = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .pipe(z.boolean());

export const NO_QUERY = z.strictObject({});

/** How events look in answers: with all that is known of them, or as CloudEvents. */
export const FORMATS = ['tellwhen', 'cloudevents'] as const;
export const format = z.enum(FORMATS);
export type Format = z.infer<typeof format>;

export const pageQuery = z.strictObject({
  limit: numberText(1, PAGE_MAX).optional(),
  cursor: numberText(0).optional(),
});

export const lease = z.object({ id: positive, token: positive, remainingMs: natural });

export const receipt = z.object({
  seq: natural.describe('Position of the event; 0 while it is delayed.'),
  matched: natural.describe('Subscriptions that it matched.'),
  durable: z.boolean().describe('It is on disk.'),
  repeated: z.boolean().describe('It was published before; this is what was said then.'),
  delayed: z.boolean(),
  unreadable: z.boolean().describe('A predicate wanted its data, which could not be read.'),
});

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  retry: z.boolean().describe('Whether the same request, sent again later, may succeed.'),
  offset: natural.optional().describe('Into the predicate or topic filter, in UTF-16 code units.'),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** An event as it is answered. */
export const event = z.object({
  seq: natural,
  topic: z.string(),
  time: natural.describe('Milliseconds since 1970.'),
  id: z.string().optional(),
  source: z.string().optional(),
  contentType: z.string().optional().describe('Absent: application/json.'),
  attributes: z.record(z.string(), scalar).optional(),
  data: z.unknown().optional().describe('Data that is JSON, as it is; or text.'),
  dataBase64: z.string().optional().describe('Any other data.'),
  retained: z.literal(true).optional(),
  attempt: positive.optional(),
  lease: lease.optional(),
});

export const gap = z.object({
  reason: z.string(),
  count: natural.describe('So many in all are missing for this reason; 0: nobody knows.'),
  seq: natural.describe('The last of them.'),
});

export const eventsAnswer = z.object({ events: z.array(event), gaps: z.array(gap) });

const text = z.string().min(1).max(65_536);

interface Dialects {
  readonly exact?: { readonly [attribute: string]: string } | undefined;
  readonly prefix?: { readonly [attribute: string]: string } | undefined;
  readonly suffix?: { readonly [attribute: string]: string } | undefined;
  readonly all?: readonly Dialects[] | undefined;
  readonly any?: readonly Dialects[] | undefined;
  readonly not?: Dialects | undefined;
  readonly 'urn:tellwhen:predicate'?: string | undefined;
}
export type FilterExpression = Dialects;

const byAttribute = z
  .record(
    z.string().regex(/^[a-z0-9]{1,64}$/, 'an attribute has lower-case letters and digits only'),
    z.string().min(1),
  )
  .refine((attributes) => Object.keys(attributes).length > 0, 'names no attribute');

/** One filter of CloudEvents Subscriptions 1.0 §3.2.4: an object with exactly one dialect. */
export const filterExpression: z.ZodType<FilterExpression> = z
  .lazy(() =>
    z
      .strictObject({
        exact: byAttribute.optional(),
        prefix: byAttribute.optional(),
        suffix: byAttribute.optional(),
        all: z.array(filterExpression).min(1).max(256).optional(),
        any: z.array(filterExpression).min(1).max(256).optional(),
        not: filterExpression.optional(),
        'urn:tellwhen:predicate': text.optional(),
      })
      .refine((dialects) => Object.keys(dialects).length === 1, 'exactly one dialect is expected'),
  )
  .meta({ id: 'FilterExpression' });

const place = z.union([
  z.enum(['beginning', 'now']),
  z.strictObject({ seq: natural }),
  z.strictObject({ time: natural }),
]);

const mailboxName = z.string().min(1).max(128);

/** What makes a mailbox, if there is none of the name. */
const mailboxTerms = {
  topic: z.string().max(512).optional(),
  when: text.optional(),
  from: place.optional().describe('Which stored events it begins with.'),
  queueEvents: positive.optional(),
  queueBytes: positive.optional(),
  overflow: z.enum(OVERFLOWS).optional(),
  ageMs: positive.optional(),
  keepMs: natural.optional(),
  atEnd: z.enum(AT_ENDS).optional(),
  attemptsMax: positive.max(100).optional(),
  order: z.enum(ORDERS).optional().describe('In which order events come.'),
  ordered: z.boolean().optional().describe('What follows waits until what came before it is settled.'),
  leaseMs: ms.optional().describe('How long it lives without anybody who reads.'),
};

export const mailboxWish = z.strictObject(mailboxTerms);

export const subscriptionWish = z.strictObject({
  ...mailboxTerms,
  filters: z
    .array(filterExpression)
    .max(256)
    .optional()
    .describe('CloudEvents Subscriptions 1.0: all of them must hold.'),
  source: z.string().min(1).optional().describe('Only events of this source.'),
  types: z.array(z.string().min(1)).min(1).max(256).optional().describe('Only events of one of these types.'),
  mailbox: mailboxName.optional().describe('Takes events from this mailbox, which is made if need be.'),
  mode: z.enum(MODES).optional(),
  ack: z.enum(ACKS).optional().describe('Default: explicit.'),
  retained: z.enum(RETAINEDS).optional(),
  deliveryLeaseMs: ms.optional(),
  retentionMs: ms.optional(),
  sink: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional()
    .describe('Events are sent to this URL.'),
  protocol: z.literal('HTTP').optional(),
  concurrency: positive.max(64).optional().describe('Requests to the sink at a time. More than 1 gives up the order.'),
});
export type SubscriptionWish = z.infer<typeof subscriptionWish>;

export const subscriptionChange = z.strictObject({
  when: text.nullable().optional().describe('Another predicate; null: none.'),
  leaseMs: ms.optional(),
});

export const subscription = z.object({
  id: z.string(),
  subscription: natural.describe('Its number, by which explain knows it.'),
  topic: z.string(),
  when: z.string().optional(),
  cost: z.string(),
  sinceSeq: natural.describe('The first event that can match is the next after it.'),
  mode: z.string(),
  ack: z.string(),
  mailbox: z.string().optional(),
  sink: z.string().optional(),
  protocol: z.literal('HTTP').optional(),
  sinkConsent: z
    .boolean()
    .optional()
    .describe('The sink has said that it takes events; absent: it has not answered yet.'),
  sinkPerMinute: natural
    .optional()
    .describe('Requests a minute that the sink is sent at most; absent: as many as there are.'),
  leaseMs: natural.optional().describe('What is left while nobody reads, else what there will be.'),
  deliveryLeaseMs: positive.optional(),
});

export const settleWish = z.strictObject({
  token: positive,
  delayMs: natural.optional().describe('Of a release: the rest that the event is to have before it comes again.'),
  leaseMs: ms.optional().describe('Of an extension: the new time, from now.'),
});

const askedEvent = z.union([
  z.strictObject({ seq: positive }),
  z.strictObject({
    topic: z.string().max(512),
    data: z.unknown().optional(),
    contentType: z.string().max(256).optional(),
    attributes: z.record(z.string(), scalar).optional(),
    id: z.string().max(256).optional(),
    source: z.string().max(256).optional(),
    time: natural.optional(),
  }),
]);

export const explainWish = z.strictObject({
  event: askedEvent,
  filter: z.union([
    z.strictObject({ subscription: natural }),
    z.strictObject({ topic: z.string().max(512), when: text.optional() }),
  ]),
});

export const matchWish = z.strictObject({
  event: askedEvent,
  limit: positive.max(PAGE_MAX).optional(),
  cursor: natural.optional(),
});

export const replayWish = z.strictObject({ from: place });
export const redriveWish = z.strictObject({ mailbox: mailboxName.optional(), limit: positive.optional() });
export const pauseWish = z.strictObject({ paused: z.boolean() });
