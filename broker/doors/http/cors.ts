import type { HttpAnswer, HttpRequest } from '../../transports/transport.ts';

/** What a page of another origin may read and send, once its origin is allowed (Fetch standard, CORS protocol). */

/** For every answer. Empty where nobody's page asks. */
export function corsHeaders({ headers }: HttpRequest): { readonly [name: string]: string } {
  const origin = headers.get('origin');
  if (origin === undefined) return {};
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'ETag, Location, Retry-After',
    Vary: 'Origin',
  };
}

/** The answer to a browser that asks before it sends. Harmless to anybody else. */
export function preflight(methods: readonly string[]): HttpAnswer {
  return {
    status: 204,
    headers: {
      Allow: methods.join(', '),
      'Access-Control-Allow-Methods': methods.join(', '),
      'Access-Control-Allow-Headers': 'Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, *',
      'Access-Control-Max-Age': '600',
    },
    body: '',
  };
}
