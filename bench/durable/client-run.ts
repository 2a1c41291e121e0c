import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Order } from './messages.ts';

/** A client process that is silent for so long will not answer: even the slowest peer takes less for an event. */
const ANSWER_MS = 120_000;
const ANSWER_MS_PER_EVENT = 0.2;

/** A client process that has its order. It answers what the order asks for, and ends. */
export class ClientRun {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<unknown[]>;

  constructor(order: Order) {
    this.#child = fork(fileURLToPath(new URL('client-process.js', import.meta.url)));
    const events = order.kind === 'publish' ? order.range.count : order.count;
    const signal = AbortSignal.timeout(ANSWER_MS + events * ANSWER_MS_PER_EVENT);
    this.#answers = on(this.#child, 'message', { close: ['exit'], signal });
    this.#child.send(order);
  }

  /** @throws Error with what the client failed with, or if it ended, or was silent too long. */
  async next<K extends Answer['kind']>(kind: K): Promise<Answer & { readonly kind: K }> {
    const { done, value } = await this.#answers.next();
    if (done === true) throw new Error('a client process of the bench ended early');
    const [answer] = value as [Answer];
    if (answer.kind === 'failed') throw new Error(answer.message);
    if (answer.kind === kind) return answer as Answer & { readonly kind: K };
    throw new Error(`a client process of the bench answered ${answer.kind} instead of ${kind}`);
  }

  /** Resolves when it has ended, which it does by itself after its last answer; `kill` ends it now. */
  async end(kill = false): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    if (kill) this.#child.kill('SIGKILL');
    await exit;
  }
}
