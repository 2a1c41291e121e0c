import type { z } from '../../kernel/schema.ts';
import type { HttpAnswer, HttpReply, HttpRequest } from '../../transports/transport.ts';
import type { Caller } from './callers.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a resource reads, whatever the media type. */
export interface BodyShape<B> {
  /** Of JSON; absent: bytes, as they are. */
  readonly schema?: z.ZodType<B>;
  /** Media types; the first one is meant where none is said. */
  readonly types: readonly string[];
  readonly optional?: boolean;
}

/** One answer a route may give, for those who read the description. */
export interface AnswerShape {
  readonly meaning: string;
  readonly schema?: z.ZodType;
  /** Default: application/json. */
  readonly types?: readonly string[];
}

/** A request that passed every check. */
export interface Call<Q, B> {
  readonly request: HttpRequest;
  /** From the path, decoded. */
  readonly params: { readonly [name: string]: string };
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  readonly reply: HttpReply;
  /** Answers with JSON. */
  json(status: number, value: unknown, headers?: { readonly [name: string]: string }): void;
  send(answer: HttpAnswer): void;
  /** Answers that it is refused. For what comes later than the handler's own throw. */
  refuse(error: unknown): void;
}

/** One method of one resource: what it is for, what it reads, what it answers, and what does it. */
export interface Route<Q = unknown, B = unknown> {
  readonly method: Method;
  /** As `/v1/subscriptions/{id}/events`; `{name+}` may contain slashes, and only stands last. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly query: z.ZodType<Q>;
  readonly body?: BodyShape<B>;
  /** Request headers that are looked at, with what they do. */
  readonly headers?: { readonly [name: string]: string };
  readonly answers: { readonly [status: number]: AnswerShape };
  /** A throw is a refusal. */
  handle(call: Call<Q, B>): void;
}

/** Keeps what a handler is given in step with what its route says it reads. */
export function route<Q, B = Uint8Array>(definition: Route<Q, B>): Route {
  return definition as unknown as Route;
}

export interface Pattern {
  readonly names: readonly string[];
  readonly expression: RegExp;
}

/** What a path template matches. Linear: no two of its gaps are next to each other. */
export function patternOf(template: string): Pattern {
  const names: string[] = [];
  const source = template.replace(/\{(\w+)(\+?)\}|[.*+?^$()|[\]\\]/g, (all, name?: string, rest?: string) => {
    if (name === undefined) return `\\${all}`;
    names.push(name);
    return rest === '+' ? '(.+)' : '([^/:]+)';
  });
  return { names, expression: new RegExp(`^${source}$`) };
}
