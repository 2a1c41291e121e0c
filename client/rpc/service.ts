import { checkText, invalid } from '../arguments.ts';
import type { Client } from '../client.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { RepeatableOptions, RequestOptions } from './request-options.ts';
import type { StreamOptions } from './requester.ts';
import type { ServeOptions, Server } from './server.ts';
import { ServiceError } from './service-error.ts';
import { checkValidator, issuesText, type Valid, type Validator, validated } from './validate.ts';

/** One method of a service. */
export interface Method {
  /** Checks the argument, at both ends. */
  readonly input: Validator<unknown>;
  /** Checks the result, or each part of it, at both ends. */
  readonly output: Validator<unknown>;
  /** The result is a sequence of parts. */
  readonly stream?: boolean;
}

export type Methods = { readonly [name: string]: Method };

export interface ServiceDefinition<M extends Methods> {
  /** The beginning of its topics: `<name>/<method>`. */
  readonly name: string;
  /** Goes with each request as the attribute `version`, so that servers can say which they serve. A whole number from 1. */
  readonly version: number;
  readonly methods: M;
}

/** What answers: a function for each method. */
export type Handlers<M extends Methods> = {
  readonly [N in keyof M]: (input: Valid<M[N]['input']>, request: ReceivedRequest) => HandlerResult<M[N]>;
};
type HandlerResult<M extends Method> = M extends { readonly stream: true }
  ? AsyncIterable<Valid<M['output']>>
  : Valid<M['output']> | PromiseLike<Valid<M['output']>>;

/** What is called: a function for each method. Rejects as `Client.request` does, or with `arguments_invalid` or `result_invalid`. */
export type Proxy<M extends Methods> = {
  readonly [N in keyof M]: M[N] extends { readonly stream: true }
    ? (input: Valid<M[N]['input']>, options?: StreamOptions) => AsyncIterableIterator<Valid<M[N]['output']>, undefined>
    : (input: Valid<M[N]['input']>, options?: RepeatableOptions) => Promise<Valid<M[N]['output']>>;
};

export interface Service<M extends Methods> extends ServiceDefinition<M> {
  /** Calls it through this client. `defaults` are the options of calls that do not say. */
  client(client: Client, defaults?: Pick<RequestOptions, 'timeoutMs' | 'attributes'>): Proxy<M>;
  /**
   * Serves it through this client. Without `when`, requests of exactly this version; a server that can do more says so,
   * as `$attr.version <= 2`. The group is the service's name, if nothing is said. Rejects as `Client.serve` does.
   */
  serve(client: Client, handlers: Handlers<M>, options?: ServeOptions): Promise<Server>;
}

/** Codes of ServiceErrors that a service itself makes. `data` has the issues, each with its path. */
export const ARGUMENTS_INVALID = 'arguments_invalid';
export const RESULT_INVALID = 'result_invalid';
export const METHOD_UNKNOWN = 'method_unknown';

/**
 * Describes a service once, for those who call it and those who serve it:
 *
 *     const rooms = defineService({
 *       name: 'rooms',
 *       version: 1,
 *       methods: { book: { input: z.object({ room: z.string() }), output: z.object({ number: z.number() }) } },
 *     });
 *     await rooms.serve(client, { book: async ({ room }) => ({ number: await bookingOf(room) }) });
 *     const { number } = await rooms.client(other).book({ room: 'blue' });
 *
 * Throws TellwhenError `invalid_argument`.
 */
export function defineService<const M extends Methods>(definition: ServiceDefinition<M>): Service<M> {
  const { name, version, methods } = definition;
  checkDefinition(definition);
  return {
    name,
    version,
    methods,

    client(client, defaults = {}) {
      const attributes = { ...defaults.attributes, version };
      const calls = Object.entries(methods).map(([method, spec]) => {
        const topic = `${name}/${method}`;
        const withDefaults = <O extends RequestOptions>(options: O | undefined) => ({
          ...defaults,
          ...options,
          attributes: { ...attributes, ...options?.attributes },
        });
        const call = async (input: unknown, options?: RepeatableOptions): Promise<unknown> => {
          const reply = await client.request(
            topic,
            await checked(spec.input, input, ARGUMENTS_INVALID),
            withDefaults(options),
          );
          return await checked(spec.output, reply.json(), RESULT_INVALID);
        };
        async function* stream(input: unknown, options?: StreamOptions): AsyncGenerator<unknown, undefined> {
          const argument = await checked(spec.input, input, ARGUMENTS_INVALID);
          for await (const part of client.requestStream(topic, argument, withDefaults(options))) {
            yield await checked(spec.output, part.json(), RESULT_INVALID);
          }
        }
        return [method, spec.stream === true ? stream : call];
      });
      return Object.fromEntries(calls) as Proxy<M>;
    },

    serve(client, handlers, options = {}) {
      for (const method of Object.keys(methods)) {
        if (typeof handlers[method] !== 'function') throw invalid(`the service ${name} needs a handler of ${method}`);
      }
      const answer = (request: ReceivedRequest): unknown => {
        const method = request.topic.slice(name.length + 1);
        const spec = Object.hasOwn(methods, method) ? methods[method] : undefined;
        const handler = handlers[method];
        if (spec === undefined || handler === undefined) {
          throw new ServiceError(METHOD_UNKNOWN, `the service ${name} has no method ${method}`);
        }
        return answered(spec, handler as AnyHandler, request);
      };
      const { when = `$attr.version = ${version}`, group = name } = options;
      return client.serve(`${name}/+`, answer, { ...options, when, group });
    },
  };
}

type AnyHandler = (input: unknown, request: ReceivedRequest) => unknown;

async function answered(
  { input, output, stream }: Method,
  handler: AnyHandler,
  request: ReceivedRequest,
): Promise<unknown> {
  const argument = await checked(input, argumentOf(request), ARGUMENTS_INVALID);
  const result = handler(argument, request);
  if (stream === true) return checkedParts(output, result as AsyncIterable<unknown>);
  return await checked(output, await result, RESULT_INVALID);
}

/** What is no JSON is no argument, and no fault of the handler. */
function argumentOf(request: ReceivedRequest): unknown {
  try {
    return request.json();
  } catch (error) {
    throw new ServiceError(ARGUMENTS_INVALID, error instanceof Error ? error.message : String(error));
  }
}

async function* checkedParts(output: Validator<unknown>, parts: AsyncIterable<unknown>): AsyncGenerator<unknown, void> {
  for await (const part of parts) yield await checked(output, part, RESULT_INVALID);
}

async function checked<T>(validator: Validator<T>, value: unknown, code: string): Promise<T> {
  const result = await validated(validator, value);
  if ('value' in result) return result.value;
  throw new ServiceError(code, issuesText(result.issues), result.issues);
}

function checkDefinition({ name, version, methods }: ServiceDefinition<Methods>): void {
  checkText('the name of a service', name);
  if (name === '' || /[+#]/.test(name))
    throw invalid('the name of a service is the beginning of a topic: no + or #, and not empty');
  if (!Number.isSafeInteger(version) || version < 1) throw invalid(`the version of a service is a whole number from 1`);
  for (const [method, { input, output }] of Object.entries(methods)) {
    if (!/^[\w.-]+$/.test(method)) throw invalid(`${method} is no name of a method: letters, digits, _ . and -`);
    checkValidator(`the input of ${method}`, input);
    checkValidator(`the output of ${method}`, output);
  }
}
