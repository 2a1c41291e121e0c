import { type Attributes, type Body, JSON_CONTENT_TYPE, type Reply as WireReply } from '../../broker/protocol/index.ts';
import { TellwhenError } from '../errors.ts';
import { ServiceError } from './service-error.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const NO_ATTRIBUTES: Attributes = Object.freeze(Object.create(null));
const NOTHING = new Uint8Array(0);

/** What a server replied: all of it, or a part. */
export class Reply {
  readonly #body: Body | undefined;
  /** The same request was answered before, and this is what it was answered. */
  readonly repeated: boolean;
  /** How the server failed; only of replies to `requestMany`, as others reject with it. */
  readonly error: ServiceError | undefined;

  /** Made by the library only. */
  constructor({ kind, error, body }: WireReply, repeated: boolean) {
    this.#body = body;
    this.repeated = repeated;
    this.error = kind === 'error' && error !== undefined ? serviceError(error, body) : undefined;
  }

  /** A view into what was read from the network with it. Empty where there is an `error`. */
  get data(): Uint8Array {
    return this.error === undefined ? (this.#body?.data ?? NOTHING) : NOTHING;
  }

  get contentType(): string {
    return this.#body?.contentType ?? JSON_CONTENT_TYPE;
  }

  get attributes(): Attributes {
    return this.#body?.attributes ?? NO_ATTRIBUTES;
  }

  /** Decodes the data at each call. Throws the `error`, or TellwhenError `data_not_json`. `T` is the caller's belief. */
  json<T = unknown>(): T {
    if (this.error !== undefined) throw this.error;
    try {
      return JSON.parse(decoder.decode(this.data)) as T;
    } catch (cause) {
      throw new TellwhenError('data_not_json', 'the data of the reply is not JSON', { cause });
    }
  }

  /** The data as UTF-8, faults replaced. */
  text(): string {
    return new TextDecoder().decode(this.data);
  }
}

function serviceError(
  { code, message }: { readonly code: string; readonly message: string },
  body: Body | undefined,
): ServiceError {
  return new ServiceError(code, message, body === undefined || body.size === 0 ? undefined : jsonOf(body));
}

/** What another program says of its error may be anything. */
function jsonOf(body: Body): unknown {
  const text = new TextDecoder().decode(body.data);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
