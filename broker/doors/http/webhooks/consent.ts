/** What a URL has said about events being sent to it ("HTTP 1.1 Web Hooks for Event Delivery" of CloudEvents 1.0.2, §4). */
export interface Consent {
  readonly given: boolean;
  /** Requests a minute; Infinity: as many as there are. */
  readonly perMinute: number;
}

/** How the broker asks, and what it does without an answer. */
export interface ConsentTerms {
  /** The name of whoever sends. */
  readonly origin: string;
  /** Requests a minute that the URL is asked to take. */
  readonly askedPerMinute: number;
  /** What is sent to one that has not consented; 0: nothing. */
  readonly unaskedPerMinute: number;
}

const REQUEST_ORIGIN = 'webhook-request-origin';
const REQUEST_RATE = 'webhook-request-rate';
const ALLOWED_ORIGIN = 'webhook-allowed-origin';
const ALLOWED_RATE = 'webhook-allowed-rate';

/** §4.1: the question, as headers of OPTIONS. */
export function question({ origin, askedPerMinute }: ConsentTerms): { readonly [name: string]: string } {
  return { [REQUEST_ORIGIN]: origin, [REQUEST_RATE]: String(askedPerMinute) };
}

/** §2.1: what each delivery says of who sends it. */
export function signature({ origin }: ConsentTerms): { readonly [name: string]: string } {
  return { [REQUEST_ORIGIN]: origin };
}

/**
 * What the answer comes to. The status says nothing: a server may answer OPTIONS without knowing this question (§4.2).
 * Undefined: there was no answer.
 */
export function consentOf(headers: ReadonlyMap<string, string> | undefined, terms: ConsentTerms): Consent {
  const allowed = headers?.get(ALLOWED_ORIGIN)?.trim().toLowerCase();
  if (allowed !== '*' && allowed !== terms.origin.toLowerCase()) {
    return { given: false, perMinute: terms.unaskedPerMinute };
  }
  const rate = headers?.get(ALLOWED_RATE)?.trim() ?? '';
  if (rate === '*') return { given: true, perMinute: Number.POSITIVE_INFINITY };
  // One that is missing or no number allows no more than was asked for.
  return { given: true, perMinute: /^[1-9]\d{0,8}$/.test(rate) ? Number(rate) : terms.askedPerMinute };
}

/** The other side of it: a topic is a URL too, which takes events from whoever may publish. Empty where nobody asks. */
export function agreement(
  headers: ReadonlyMap<string, string>,
  perSecondMax: number,
): { readonly [name: string]: string } {
  const origin = headers.get(REQUEST_ORIGIN);
  if (origin === undefined) return {};
  const perMinute = perSecondMax === 0 ? '*' : String(60 * perSecondMax);
  return { 'WebHook-Allowed-Origin': origin, 'WebHook-Allowed-Rate': perMinute };
}
