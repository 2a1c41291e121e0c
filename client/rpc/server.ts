import { checkNames, checkText, invalid } from '../arguments.ts';
import type { Cost } from '../registration.ts';
import type { ServeFrame, Serving } from './serving.ts';
import type { Servings } from './servings.ts';

export interface ServeOptions {
  /** Only requests for which it holds, as `$attr.version >= 2`. */
  readonly when?: string | undefined;
  /** One server of each group answers a request to many. Default: the topic filter. */
  readonly group?: string | undefined;
  /** Requests that the handler is given at a time; others wait, or go elsewhere. Default: the broker's, 128. */
  readonly concurrency?: number | undefined;
  /** Gives the beginning up; later it means nothing: use `stop`. */
  readonly signal?: AbortSignal | undefined;
}

const NAMES: ReadonlySet<string> = new Set(['when', 'group', 'concurrency', 'signal'] satisfies (keyof ServeOptions)[]);

/** Throws TellwhenError `invalid_argument`. */
export function serveFrame(topic: string, handler: unknown, options: ServeOptions): ServeFrame {
  checkText('a topic filter', topic);
  checkNames('the options of serve', options, NAMES);
  if (typeof handler !== 'function') throw invalid('serve needs a function that answers requests');
  const { when, group, concurrency } = options;
  return { kind: 'serve', topic, when, group, concurrency };
}

/** Who answers the requests that a filter matches, until it is stopped; over connections, as long as the client lives. */
export class Server {
  readonly #serving: Serving;
  readonly #servings: Servings;

  /** Made by `Client.serve` only. */
  constructor(serving: Serving, servings: Servings) {
    this.#serving = serving;
    this.#servings = servings;
  }

  get topic(): string {
    return this.#serving.ask.topic;
  }

  get when(): string | undefined {
    return this.#serving.ask.when;
  }

  get group(): string {
    return this.#serving.terms?.group ?? this.topic;
  }

  get concurrency(): number {
    return this.#serving.terms?.concurrency ?? 0;
  }

  get cost(): Cost | undefined {
    return this.#serving.terms?.cost;
  }

  /** Requests that the handler has at present. */
  get running(): number {
    return this.#serving.running;
  }

  /** Takes nothing more; resolves when the broker has noted it. Handlers at work go on, and answer. Idempotent. */
  async stop(): Promise<void> {
    if (!this.#serving.over) await this.#servings.stop(this.#serving);
  }
}
