import { CODES, type Code } from '../broker/protocol/index.ts';

/** What can go wrong on this side of the wire. Like the broker's codes, each keeps its meaning for ever. */
const CLIENT_CODES = {
  connection_failed: { retry: true, meaning: 'No connection to the broker could be made.' },
  connection_lost: {
    retry: true,
    meaning: 'The connection ended before the answer came; it may have been done or not.',
  },
  timeout: { retry: true, meaning: 'No answer in time; it may have been done or not.' },
  aborted: { retry: false, meaning: 'The caller’s AbortSignal fired; it may have been done or not.' },
  client_closed: { retry: false, meaning: 'The client is closed.' },
  client_draining: { retry: false, meaning: 'The client is draining and takes nothing new.' },
  overloaded: { retry: true, meaning: 'As many requests wait to be sent as may.' },
  invalid_argument: { retry: false, meaning: 'The caller’s mistake; nothing was sent.' },
  not_leased: { retry: false, meaning: 'The event was delivered without a lease: there is nothing to settle.' },
  data_not_json: { retry: false, meaning: 'The data of the event is not JSON.' },
  broker_unreadable: { retry: false, meaning: 'The broker sent what this client cannot read.' },
} as const satisfies Record<string, { readonly retry: boolean; readonly meaning: string }>;

/** Codes of this library; the broker's own are `Code`. */
export type ClientCode = keyof typeof CLIENT_CODES;
export type ErrorCode = Code | ClientCode;

export interface ErrorDetails {
  /** Where in `text` the fault starts, in UTF-16 code units. */
  readonly offset?: number | undefined;
  /** The refused predicate or topic filter. */
  readonly text?: string | undefined;
  readonly cause?: unknown;
}

/** Every error this library makes. Decide by `code`; the words of the message may change. */
export class TellwhenError extends Error {
  override readonly name = 'TellwhenError';
  readonly code: ErrorCode;
  /** The same request, later and unchanged, may succeed. */
  readonly retry: boolean;
  readonly offset: number | undefined;
  readonly text: string | undefined;

  constructor(code: ErrorCode, message: string, { offset, text, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retry = code in CLIENT_CODES ? CLIENT_CODES[code as ClientCode].retry : CODES[code as Code].retry;
    this.offset = offset;
    this.text = text;
  }

  /** Two lines for a terminal: the text around the fault and a caret under it. `undefined` where no text is at fault. */
  get caret(): string | undefined {
    if (this.text === undefined || this.offset === undefined) return undefined;
    const from = Math.max(0, this.offset - BEFORE_CARET);
    const shown = Array.from(this.text.slice(from, from + CARET_LINE), (c) => (isControl(c) ? '·' : c)).join('');
    return `${shown}\n${' '.repeat(this.offset - from)}^`;
  }
}

const CARET_LINE = 72;
const BEFORE_CARET = 48;

function isControl(character: string): boolean {
  const unit = character.charCodeAt(0);
  return unit < 0x20 || unit === 0x7f;
}

/** What an aborted wait rejects with; the signal's own reason is the cause. */
export function abortedBy(signal: AbortSignal): TellwhenError {
  return new TellwhenError('aborted', 'aborted by the caller', { cause: signal.reason });
}
