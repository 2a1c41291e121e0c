/**
 * Why nobody can be sure where the body of a request ends, if nobody can: another server on the way may read it otherwise,
 * and take a part of it for a request of somebody else (RFC 9112 §6.3). `lengths`: how often Content-Length stands there.
 */
export function framingFault(lengths: number, encoding: string | undefined): string | undefined {
  if (lengths > 1) return 'Content-Length stands twice';
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'chunked') return 'Transfer-Encoding is not chunked';
  return undefined;
}

/** The subprotocols that a peer offers, in order. */
export function offeredProtocols(headers: ReadonlyMap<string, string>): readonly string[] {
  return (headers.get('sec-websocket-protocol') ?? '').split(',').flatMap((name) => name.trim() || []);
}
