import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Mark, Order } from './messages.ts';

type AnswerOf<K extends Answer['kind']> = Answer & { readonly kind: K };

/** A process that has not answered after so long will not. */
const ANSWER_MS = 120_000;
/** A million subscriptions want more memory than Node takes by itself. */
const EXEC_ARGV = ['--max-old-space-size=12288'];

export interface ClientChildOptions {
  /** Ends the process. */
  readonly signal: AbortSignal;
  /** Is called when `seenBefore` has risen. */
  readonly onSeen?: () => void;
}

/** A client process as the conductor sees it. */
export class ClientChild {
  readonly #child: ChildProcess;
  readonly #answers: Answer[] = [];
  /** Wakes who waits for an answer. */
  #wake: (() => void) | undefined;
  #ended: Error | undefined;
  /** Numbers before this the process has got; of a subscriber only. */
  seenBefore = 0;

  constructor(order: Order, { signal, onSeen }: ClientChildOptions) {
    this.#child = fork(fileURLToPath(new URL('client-process.js', import.meta.url)), { execArgv: EXEC_ARGV });
    const kill = (): void => {
      this.#child.kill('SIGKILL');
    };
    signal.addEventListener('abort', kill);
    this.#child.once('exit', () => signal.removeEventListener('abort', kill));
    this.#child.on('message', (answer: Answer) => {
      if (answer.kind === 'seen') {
        this.seenBefore = answer.before;
        onSeen?.();
        return;
      }
      this.#answers.push(answer);
      this.#wake?.();
    });
    this.#child.once('exit', (code, signal) => {
      this.#ended = new Error(`a client process of the bench ended with ${code ?? signal}`);
      this.#wake?.();
    });
    this.tell(order);
  }

  tell(order: Order): void {
    // Who has ended is found out by waiting for its answer.
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  /** @throws Error with what the process failed with, or when it ended or is silent for two minutes. */
  async next<K extends Answer['kind']>(kind: K): Promise<AnswerOf<K>> {
    const endMs = performance.now() + ANSWER_MS;
    for (;;) {
      const failed = this.#answers.find((answer) => answer.kind === 'failed');
      if (failed !== undefined) throw new Error(failed.message);
      const answer = this.#answers.shift();
      if (answer?.kind === kind) return answer as AnswerOf<K>;
      if (answer !== undefined) throw new Error(`a client process of the bench said ${answer.kind} instead of ${kind}`);
      if (this.#ended !== undefined) throw this.#ended;
      const waitMs = endMs - performance.now();
      if (waitMs <= 0) throw new Error(`a client process of the bench did not say ${kind} for ${ANSWER_MS / 1e3} s`);
      await this.#wait(waitMs);
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  async mark(): Promise<Mark> {
    this.tell({ kind: 'mark' });
    return (await this.next('marked')).mark;
  }

  /** Lets it stand still, as a machine that has frozen: it reads nothing, and its connections stay. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends it now. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
