import { seriesOf } from './part-series.ts';
import type { RequestCounts } from './request-counts.ts';
import type { Series } from './series.ts';

/** Requests, what is counted of them and what there is of them at one moment. */
export interface RequestReading {
  readonly counts: RequestCounts;
  readonly servers: number;
  /** Unanswered, and of these, such as wait for a server with room. */
  readonly open: number;
  readonly waiting: number;
  /** Of requests and replies kept in memory, without the answers below. */
  readonly bytes: number;
  readonly answers: number;
  readonly answerBytes: number;
  /** Answers that left before their time. */
  readonly answersForgotten: number;
}

const { counter, gauge } = seriesOf(({ requests }) => requests);

export const REQUEST_SERIES: readonly Series[] = [
  counter('tellwhen_rpc_requests_total', 'Requests taken from askers.', ({ counts }) => counts.asked),
  counter('tellwhen_rpc_outcomes_total', 'How requests ended.', ({ counts }) => counts.outcomes, 'outcome'),
  counter('tellwhen_rpc_joined_total', 'Requests that joined one under way.', ({ counts }) => counts.joined),
  counter('tellwhen_rpc_calls_total', 'Requests handed to servers.', ({ counts }) => counts.calls),
  counter('tellwhen_rpc_calls_again_total', 'Handed to another server.', ({ counts }) => counts.callsAgain),
  counter('tellwhen_rpc_parts_total', 'Parts of replies passed on.', ({ counts }) => counts.parts),
  counter('tellwhen_rpc_late_replies_total', 'Replies that nobody waited for.', ({ counts }) => counts.late),
  gauge('tellwhen_rpc_servers', 'Who serve requests.', (now) => now.servers),
  gauge('tellwhen_rpc_open_requests', 'Requests without an answer.', (now) => now.open),
  gauge('tellwhen_rpc_waiting_requests', 'Requests that wait for a server with room.', (now) => now.waiting),
  gauge('tellwhen_rpc_held_bytes', 'Requests and replies kept in memory.', (now) => now.bytes),
  gauge('tellwhen_rpc_answers', 'Answers kept for who says a request again.', (now) => now.answers),
  gauge('tellwhen_rpc_answer_bytes', 'Memory they take.', (now) => now.answerBytes),
  counter('tellwhen_rpc_answers_forgotten_total', 'Answers that left before their time.', (now) => {
    return now.answersForgotten;
  }),
];
