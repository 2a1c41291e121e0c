import type { BrokerControl, ClientControl, Code, ControlOf } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { Outbox } from './outbox.ts';
import { Request } from './request.ts';

type WithoutRef<F> = F extends unknown ? Omit<F, 'ref'> : never;
/** A control frame before it is given its ref. */
export type Asked = WithoutRef<ClientControl>;
export type AnswerKind =
  | 'subscribed'
  | 'replaced'
  | 'unsubscribed'
  | 'renewed'
  | 'explained'
  | 'matched'
  | 'priced'
  | 'ranked'
  | 'listed'
  | 'inspected'
  | 'peeked'
  | 'paused'
  | 'purged'
  | 'removed'
  | 'replayed'
  | 'redriven'
  | 'serving'
  | 'unserved'
  | 'spaceOpened'
  | 'spacesListed'
  | 'spaceInspected'
  | 'spaceRemoved'
  | 'tuplesCounted'
  | 'templateExplained'
  | 'farewell'
  | 'pong';
export type AnswerOf<K extends AnswerKind> = ControlOf<BrokerControl, K>;

export interface ControlRequestOptions<K extends AnswerKind> {
  readonly ask: Asked;
  readonly answer: K;
  readonly repeatable?: boolean | undefined;
  /** See `Request.ordered`. */
  readonly ordered?: boolean | undefined;
  /** Called before each writing: throws TellwhenError when it means nothing any more. */
  readonly writing?: (() => void) | undefined;
  /** Called while the answer is read, before any record that follows it. */
  readonly answered: (frame: AnswerOf<K>) => void;
  readonly failed: (error: TellwhenError) => void;
}

/** One control frame and its answer. */
export class ControlRequest<K extends AnswerKind> extends Request {
  readonly #options: ControlRequestOptions<K>;

  constructor(options: ControlRequestOptions<K>) {
    super();
    this.#options = options;
  }

  override get repeatable(): boolean {
    return this.#options.repeatable === true;
  }

  override get ordered(): boolean {
    return this.#options.ordered === true;
  }

  override write(outbox: Outbox): void {
    this.#options.writing?.();
    outbox.control({ ...this.#options.ask, ref: this.ref } as ClientControl);
  }

  override control(frame: BrokerControl): boolean {
    if (frame.kind !== this.#options.answer) return false;
    this.#options.answered(frame as AnswerOf<K>);
    return true;
  }

  override refused(_ref: number, code: Code, message: string, offset: number | undefined): void {
    this.fail(new TellwhenError(code, message, { offset, text: refusedText(this.#options.ask, code) }));
  }

  override fail(error: TellwhenError): void {
    this.#options.failed(error);
  }
}

/** The text that the offset of a refusal points into. */
function refusedText(ask: Asked, code: Code): string | undefined {
  const filter = ask.kind === 'explain' ? ask.filter : ask;
  if (code.startsWith('predicate_')) return ('when' in filter ? filter.when : undefined) ?? undefined;
  if (code === 'topic_filter_invalid') return 'topic' in filter ? filter.topic : undefined;
  if (code === 'topic_invalid') return 'event' in ask && 'topic' in ask.event ? ask.event.topic : undefined;
  return undefined;
}
