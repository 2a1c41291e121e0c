import type { MailboxAnswers } from '../mailboxes/mailbox-answers.ts';
import type { BrokerControl, ClientControl, ControlOf } from '../protocol/index.ts';
import type { Costs } from '../subscribe/costs.ts';
import type { DryRun } from '../subscribe/dry-run.ts';
import type { Explain } from '../subscribe/explain.ts';

/** What changes nothing, and may cost as much as a thousand events. */
export type Question = ControlOf<ClientControl, 'explain' | 'match' | 'price' | 'rank' | 'mailboxes' | 'peek'>;

export interface QuestionMeans {
  readonly explain: Explain;
  readonly dryRun: DryRun;
  readonly costs: Costs;
  readonly mailboxes: MailboxAnswers;
}

const KINDS: ReadonlySet<ClientControl['kind']> = new Set<Question['kind']>([
  'explain',
  'match',
  'price',
  'rank',
  'mailboxes',
  'peek',
]);

export function isQuestion(frame: ClientControl): frame is Question {
  return KINDS.has(frame.kind);
}

/** The answer. Throws ProtocolError or FilterError where it is refused. */
export function answerQuestion(
  question: Question,
  { explain, dryRun, costs, mailboxes }: QuestionMeans,
): BrokerControl {
  const { ref } = question;
  switch (question.kind) {
    case 'explain':
      return { kind: 'explained', ref, ...explain.answer(question.event, question.filter) };
    case 'match':
      return { kind: 'matched', ref, ...dryRun.answer(question) };
    case 'price':
      return { kind: 'priced', ref, ...costs.price(question) };
    case 'rank':
      return { kind: 'ranked', ref, ...costs.rank(question) };
    case 'mailboxes':
      return { kind: 'listed', ref, ...mailboxes.list(question) };
    case 'peek':
      return { kind: 'peeked', ref, ...mailboxes.peek(question.mailbox, question) };
  }
}
