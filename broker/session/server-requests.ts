import { type BrokerControl, type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';
import type { Requests } from '../requests/requests.ts';
import { filterOf } from '../subscribe/registrations.ts';
import type { Outbound } from './outbound.ts';
import { partyOf } from './party-of.ts';
import type { Session } from './session.ts';

const KINDS = ['serve', 'unserve'] as const;
export type ServerRequest = ControlOf<ClientControl, (typeof KINDS)[number]>;

export function isServerRequest(frame: ClientControl): frame is ServerRequest {
  return (KINDS as readonly string[]).includes(frame.kind);
}

export interface ServerRequestMeans {
  readonly requests: Requests;
  /** While true nothing new begins. */
  readonly draining: () => boolean;
}

/** Begins to serve, or ends it, and returns the answer. Throws ProtocolError or FilterError where it is refused. */
export function answerServerRequest(
  session: Session,
  outbound: Outbound,
  request: ServerRequest,
  { requests, draining }: ServerRequestMeans,
): BrokerControl {
  const party = partyOf(session, outbound, requests);
  const { ref } = request;
  if (request.kind === 'unserve') {
    requests.unserve(party, request.server);
    return { kind: 'unserved', ref, server: request.server };
  }
  if (draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
  const { server, cost } = requests.serve(party, filterOf(request.topic, request.when), request);
  const { id, group, concurrency } = server;
  return { kind: 'serving', ref, server: id, group, concurrency, cost };
}
