import { DurationHistogram } from './histogram.ts';

/** How a request ended, for one who asked. */
export const REQUEST_OUTCOMES = [
  'answered',
  'failed',
  'repeated',
  'no_responders',
  'servers_busy',
  'deadline',
  'cancelled',
  'asker_gone',
  'server_lost',
  'refused',
] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** What is counted of requests, as plain numbers. */
export class RequestCounts {
  // Only ever rise.

  /** Requests taken from askers. */
  asked = 0;
  outcomes = Object.fromEntries(REQUEST_OUTCOMES.map((outcome) => [outcome, 0])) as Record<RequestOutcome, number>;
  /** Handed to a server, those included that were handed to another before. */
  calls = 0;
  /** Of these, such as another server was lost with. */
  callsAgain = 0;
  /** Requests that joined another with the same source and id. */
  joined = 0;
  /** Parts of replies passed on. */
  parts = 0;
  /** Replies that came when nobody waited any more. */
  late = 0;
  /** From the request to its last reply. */
  readonly seconds = new DurationHistogram();
}
