/** The broker, to run inside another program. */
export { type Broker, type BrokerOptions, startBroker } from './broker.ts';
export { type Config, ConfigError, defaultConfig } from './config/index.ts';
export type { Chance } from './kernel/chance.ts';
export type { Time } from './kernel/time.ts';
export { createLog, type Log } from './observe/log.ts';
export { MemoryTransport } from './transports/memory.ts';
export {
  type Address,
  type Admission,
  type Connection,
  type ConnectionHandler,
  type Door,
  type HttpAnswer,
  type HttpHead,
  type HttpReply,
  type HttpRequest,
  type HttpStream,
  type SendOutcome,
  type Transport,
  TransportError,
  type UpgradeWish,
} from './transports/transport.ts';
