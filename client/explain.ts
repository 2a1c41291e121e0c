import type { Attributes, ClientControl, ControlOf } from '../broker/protocol/index.ts';
import type { AnswerOf, Asked } from './control-request.ts';
import type { PageOptions } from './filter-costs.ts';

/** An event that need not exist. */
export interface ImaginedEvent {
  readonly topic: string;
  /** As JSON. */
  readonly data?: unknown;
  readonly contentType?: string | undefined;
  readonly attributes?: Attributes | undefined;
  readonly id?: string | undefined;
  readonly source?: string | undefined;
  readonly time?: number | undefined;
}

/** An event that was published not long ago, or one made up. */
export type AskedEvent = { readonly seq: number } | ImaginedEvent;

/** A subscription stands for itself, or is named by its number. */
export interface ExplainOptions {
  readonly event: AskedEvent;
  readonly filter:
    | { readonly subscription: number | { readonly id: number } }
    | { readonly topic: string; readonly when?: string | undefined };
}

/** `explanation` clause by clause, `text` to be read; `fate` only for an event that was published and a subscription. */
export type Explained = Omit<AnswerOf<'explained'>, 'kind' | 'ref'>;

export interface MatchOptions extends PageOptions {
  readonly event: AskedEvent;
}

/** `total` subscriptions match; of those of this page, why. */
export type Matched = Omit<AnswerOf<'matched'>, 'kind' | 'ref'>;

export function explainFrame({
  event,
  filter,
}: ExplainOptions): Asked & Omit<ControlOf<ClientControl, 'explain'>, 'ref'> {
  if (!('subscription' in filter)) return { kind: 'explain', event, filter };
  const { subscription } = filter;
  return {
    kind: 'explain',
    event,
    filter: { subscription: typeof subscription === 'number' ? subscription : subscription.id },
  };
}
