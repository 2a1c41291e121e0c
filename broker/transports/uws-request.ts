import type { HttpRequest } from './exchange.ts';
import { framingFault } from './request-framing.ts';

/** What is used of a request of uWebSockets.js. It is dead once the handler has returned. */
export interface NativeRequest {
  /** In lower case. */
  getMethod(): string;
  getUrl(): string;
  /** Undefined where there is no `?`. */
  getQuery(): string | undefined;
  forEach(each: (name: string, value: string) => void): void;
}

export interface RequestHead extends Omit<HttpRequest, 'body'> {
  /** See request-framing.ts. */
  readonly framingFault: string | undefined;
  /** As it was said. */
  readonly bodyBytes: number | undefined;
}

/** Reads what has to be read before the handler returns. */
export function readHead(request: NativeRequest, remote: string): RequestHead {
  const headers = new Map<string, string>();
  let lengths = 0;
  request.forEach((name, value) => {
    if (name === 'content-length') lengths += 1;
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  });
  const length = headers.get('content-length');
  return {
    method: request.getMethod().toUpperCase(),
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    headers,
    remote,
    framingFault: framingFault(lengths, headers.get('transfer-encoding')),
    bodyBytes: length === undefined ? undefined : Number(length),
  };
}
