import type { Body, Call, OverReason } from '../../broker/protocol/index.ts';
import { type AnswerKind, ControlRequest, type ControlRequestOptions } from '../control-request.ts';
import { TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import type { Request } from '../request.ts';
import type { ClientTime } from '../time.ts';
import type { Serving } from './serving.ts';

export interface ServingsMeans {
  readonly time: ClientTime;
  readonly send: (request: Request, signal?: AbortSignal) => void;
  /** Where records are written. Absent: not connected. */
  readonly outbox: () => Outbox | undefined;
}

/** Between two tries to serve again, where the broker says that it may work later. */
const AGAIN_MS = 1_000;

/** All servers of the client: begins, ends, gives each its calls, and brings them over to a new connection. */
export class Servings {
  readonly #means: ServingsMeans;
  readonly #all = new Set<Serving>();
  readonly #byId = new Map<number, Serving>();

  constructor(means: ServingsMeans) {
    this.#means = means;
  }

  [Symbol.iterator](): IterableIterator<Serving> {
    return this.#all.values();
  }

  /** Resolves when the broker has it. */
  serve(serving: Serving, signal: AbortSignal | undefined): Promise<void> {
    this.#forgetStopped();
    return this.#request(
      { ask: serving.ask, answer: 'serving', repeatable: true },
      (frame) => {
        this.#all.add(serving);
        this.#bind(serving, frame);
      },
      signal,
    );
  }

  /** It is handed nothing more; handlers at work go on, and answer. */
  async stop(serving: Serving): Promise<void> {
    serving.over = true;
    const { bound } = serving;
    if (bound === undefined) return;
    try {
      // What was handed over before has come by then.
      await this.#request({ ask: { kind: 'unserve', server: bound.server }, answer: 'unserved' }, () =>
        this.#byId.delete(bound.server),
      );
    } catch (error) {
      // A connection that is lost has ended it as well.
      if (!(error instanceof TellwhenError && error.code === 'connection_lost')) throw error;
    }
  }

  /** The broker has a server that nobody here knows: one given up while its answer was under way. */
  stray(server: number): void {
    this.#request({ ask: { kind: 'unserve', server }, answer: 'unserved' }, () => {}).catch(() => {});
  }

  opened(): void {
    this.#forgetStopped();
    for (const serving of this.#all) this.#serveAgain(serving);
  }

  lost(error: TellwhenError): void {
    this.#byId.clear();
    for (const serving of this.#all) serving.unbind(error);
  }

  endAll(error: TellwhenError): void {
    this.lost(error);
    this.#all.clear();
  }

  call(topic: string, call: Call, body: Body): void {
    const serving = this.#byId.get(call.server);
    if (serving !== undefined) serving.call(topic, call, body);
    // A stray. Nothing was done: another may be handed it.
    else this.#means.outbox()?.reply(call.call, 'stopped');
  }

  callOver(call: number, reason: OverReason): void {
    for (const serving of this.#all) if (serving.callOver(call, reason)) return;
  }

  wantedParts(call: number, parts: number): void {
    for (const serving of this.#all) serving.wantedParts(call, parts);
  }

  /** Those that have been stopped, once their handlers are done. */
  #forgetStopped(): void {
    for (const serving of this.#all) if (serving.over && serving.running === 0) this.#all.delete(serving);
  }

  #bind(serving: Serving, frame: Parameters<Serving['bind']>[0]): void {
    serving.bind(frame);
    this.#byId.set(frame.server, serving);
  }

  #serveAgain(serving: Serving): void {
    if (serving.over) return;
    this.#request({ ask: serving.ask, answer: 'serving' }, (frame) => this.#bind(serving, frame)).catch(
      (error: TellwhenError) => {
        // The next connection serves everything again.
        if (serving.over || error.code === 'connection_lost') return;
        if (!error.retry) {
          serving.over = true;
          this.#all.delete(serving);
          return;
        }
        this.#means.time.after(AGAIN_MS, () => {
          if (!serving.over && serving.bound === undefined) this.#serveAgain(serving);
        });
      },
    );
  }

  #request<K extends AnswerKind>(
    options: Omit<ControlRequestOptions<K>, 'answered' | 'failed'>,
    answered: ControlRequestOptions<K>['answered'],
    signal?: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve, failed) => {
      const done: ControlRequestOptions<K>['answered'] = (frame) => {
        answered(frame);
        resolve();
      };
      this.#means.send(new ControlRequest<K>({ ...options, answered: done, failed }), signal);
    });
  }
}
