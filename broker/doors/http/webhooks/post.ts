import { lookup as lookupName } from 'node:dns';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Time } from '../../../kernel/time.ts';
import { isPrivateAddress } from './private-addresses.ts';

export interface PostMeans {
  readonly time: Time;
  /** Whether addresses of this machine and of private networks may be posted to. */
  readonly privateAllowed: boolean;
  /** Longest time from the beginning to the end of the answer; where its head came, the rest is only cut off. */
  readonly timeoutMs: number;
}

export interface PostedAnswer {
  readonly status: number;
  /** As the header Retry-After says, in seconds. */
  readonly retryAfterMs: number | undefined;
}

/** Sends events to URLs. */
export interface Post {
  /** Why this URL is never posted to, if it is not: what can be told before its name is looked up. */
  refusal(url: URL): string | undefined;
  /** Resolves with the head of the answer; rejects where there is none. Redirects are not followed. */
  post(url: URL, headers: { readonly [name: string]: string }, body: Uint8Array): Promise<PostedAnswer>;
  /** Asks with OPTIONS what may be done there. Resolves with the headers of the answer; rejects where there is none. */
  ask(url: URL, headers: { readonly [name: string]: string }): Promise<ReadonlyMap<string, string>>;
  /** Gives up what is under way. */
  close(): void;
}

const CONNECTIONS_A_HOST = 64;
/** Of an answer nobody reads the body; with more than that the connection is not worth keeping. */
const BODY_BYTES_MAX = 65_536;

/**
 * Posts over HTTP and HTTPS. Somebody who may name a URL must not reach through the broker what only the broker reaches; so
 * the address that a name stands for is looked at where the connection is made to it, and not before: a name that was
 * looked up twice may have had two answers.
 */
export function createPost({ time, privateAllowed, timeoutMs }: PostMeans): Post {
  const options = { keepAlive: true, maxSockets: CONNECTIONS_A_HOST };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  const lookup = privateAllowed ? undefined : publicLookup;
  function refusal(url: URL): string | undefined {
    if (url.username !== '' || url.password !== '') return 'a URL with a password in it';
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (privateAllowed || isIP(host) === 0 || !isPrivateAddress(host)) return undefined;
    return `the address ${host} is not public; the option webhookPrivateAllowed allows it`;
  }
  function send(
    url: URL,
    head: { readonly method: string; readonly headers: { readonly [name: string]: string } },
    body?: Uint8Array,
  ): Promise<IncomingMessage> {
    const refused = refusal(url);
    if (refused !== undefined) return Promise.reject(new Error(refused));
    return new Promise((resolve, reject) => {
      const isHttps = url.protocol === 'https:';
      const request = isHttps
        ? requestHttps(url, { ...head, agent: agents.https, ...(lookup && { lookup }) })
        : requestHttp(url, { ...head, agent: agents.http, ...(lookup && { lookup }) });
      const stopWaiting = time.every(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      request.on('response', (response) => {
        // The clock runs on until the body is over: one without end would keep its connection for ever.
        response.on('close', stopWaiting);
        discard(response);
        resolve(response);
      });
      request.on('error', (error) => {
        stopWaiting();
        reject(error);
      });
      request.end(body);
    });
  }
  return {
    refusal,
    async post(url, headers, body) {
      const length = { 'content-length': String(body.length) };
      const answer = await send(url, { method: 'POST', headers: { ...headers, ...length } }, body);
      return { status: answer.statusCode ?? 0, retryAfterMs: retryAfterMs(answer.headers['retry-after']) };
    },
    async ask(url, headers) {
      const answer = await send(url, { method: 'OPTIONS', headers });
      return new Map(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** As the usual one, but that it finds no address that is not public. */
const publicLookup: LookupFunction = (hostname, options, then) => {
  lookupName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      then(error, '');
      return;
    }
    const publicOnes = addresses.filter(({ address }) => !isPrivateAddress(address));
    const [first] = publicOnes;
    if (first === undefined) then(new Error(`${hostname} has no public address`), '');
    else if (options.all === true) then(null, publicOnes);
    else then(null, first.address, first.family);
  });
};

function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (piece: Uint8Array) => {
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) response.destroy();
  });
  response.on('error', () => {});
}

function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;
}
