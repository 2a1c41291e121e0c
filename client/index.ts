/**
 * The client library of Tellwhen, for Node and browsers.
 *
 *     const client = await connect('ws://127.0.0.1:8355', { name: 'thermostat' });
 *     await client.publish('sensors/1/temp', { temperature: 31 });
 *     const hot = await client.subscribe({ topic: 'sensors/+/temp', when: 'temperature > 30' });
 *     for await (const event of hot) console.log(event.topic, event.json());
 *
 * What must not be missed is taken from a mailbox, and what must arrive once is published with an id:
 *
 *     await client.publish('orders/1', { total: 5 }, { durable: true, retry: true });
 *     await client.subscribe({ mailbox: 'orders', topic: 'orders/#' }, async (event) => {
 *       await work(event.json());
 *       await event.ack();
 *     });
 *
 * Who wants an answer asks, and whoever serves the topic replies:
 *
 *     await client.serve('prices/+', (request) => ({ price: priceOf(request.topic) }));
 *     const reply = await client.request('prices/tea', {}, { timeoutMs: 500 });
 */

export type {
  Ack,
  AtEnd,
  Attributes,
  AttributeValue,
  Code,
  DropReason,
  Fate,
  From,
  Order,
  Overflow,
  Provenance,
  Receipt,
  Retained,
} from '../broker/protocol/index.ts';
export { DEFAULT_PORT } from '../broker/protocol/index.ts';
export type { ReconnectPolicy } from './backoff.ts';
export type { Client, DrainOptions, SpaceOptions, TransactionOptions } from './client.ts';
export { connect } from './connect.ts';
export type { Consumer, PullOptions } from './consumer.ts';
export type { Gap } from './drops.ts';
export { type ClientCode, type ErrorCode, type ErrorDetails, TellwhenError } from './errors.ts';
export type { ReceivedEvent, ReleaseOptions } from './event.ts';
export type { AskedEvent, Explained, ExplainOptions, ImaginedEvent, Matched, MatchOptions } from './explain.ts';
export type { Feed, SignalOption } from './feed.ts';
export type { CostlyFilters, FilterCost, PageOptions } from './filter-costs.ts';
export type { ClientState, StateChange } from './link.ts';
export {
  DEAD_LETTERS,
  type MailboxEntry,
  type Mailboxes,
  type MailboxStatus,
  type PeekOptions,
  type Redriven,
  type RedriveOptions,
  type ReplayOptions,
} from './mailboxes.ts';
export type { FetchOptions, Notice } from './notice.ts';
export type { ConnectOptions } from './options.ts';
export type { Publication, PublishOptions } from './publication.ts';
export type { EventCallback, EventContext } from './push-registration.ts';
export type { Cost, MailboxJoined, Reset } from './registration.ts';
export type { ReceivedRequest } from './rpc/received-request.ts';
export type { Reply } from './rpc/reply.ts';
export type { RepliesEnd, ReplySequence } from './rpc/reply-sequence.ts';
export type { RepeatableOptions, RequestOptions } from './rpc/request-options.ts';
export type { ManyOptions, StreamOptions } from './rpc/requester.ts';
export type { ServeOptions, Server } from './rpc/server.ts';
export {
  defineService,
  type Handlers,
  type Method,
  type Methods,
  type Proxy,
  type Service,
  type ServiceDefinition,
} from './rpc/service.ts';
export { ServiceError } from './rpc/service-error.ts';
export type { RequestHandler } from './rpc/serving.ts';
export type { Issue, StandardSchema, Valid, Validator } from './rpc/validate.ts';
export type { EventHandler, RunOptions } from './run.ts';
export type {
  FitOptions,
  MaxOption,
  OutOptions,
  ReadNowOptions,
  ReadOptions,
  Space,
  TakeNowOptions,
  TakeOptions,
  TemplateExplained,
  TransactionOption,
  WaitOption,
} from './spaces/space.ts';
export type { SpaceStatus, Spaces } from './spaces/spaces.ts';
export type { Taken } from './spaces/taken.ts';
export type { Transaction } from './spaces/transaction.ts';
export {
  ANY,
  type AnyValue,
  type FieldTemplate,
  type Json,
  type Template,
  type Tuple,
  type TupleOf,
} from './spaces/tuple.ts';
export type { TupleLease } from './spaces/tuple-lease.ts';
export type { NoticeWatch, Seen, SeenCallback, TupleNotice, Watch, WatchOptions } from './spaces/watch.ts';
export type { FilterOptions, MailboxOptions, SubscribeOptions, Subscription } from './subscription.ts';
export type { ClientTime } from './time.ts';
export type { WebSocketFactory, WebSocketLike } from './websocket.ts';
