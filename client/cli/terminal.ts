import { signalExit } from './exit-codes.ts';
import { Interrupted } from './interrupted.ts';
import { OutputError } from './output-error.ts';
import { ansiPaint, noPaint, type Paint } from './paint.ts';

type Environment = { readonly [name: string]: string | undefined };

/** One Ctrl-C under npm arrives twice, from the terminal and from npm: so soon, it is the same. */
const ECHO_MS = 500;

/** The process as commands see it: where to write, what to read, and when to stop. */
export class Terminal {
  /** People are reading. Else lines are for programs. */
  readonly interactive: boolean;
  /** People are reading what stands beside the output: notes and errors. */
  readonly notesInteractive: boolean;
  readonly #stop = new AbortController();
  #watching = false;
  #signalledMs = 0;
  #outputError: OutputError | undefined;

  constructor() {
    this.interactive = process.stdout.isTTY === true;
    this.notesInteractive = process.stderr.isTTY === true;
    process.stdout.on('error', (error) => this.#outputFailed(error));
    // Nobody listens to complaints any more; that is no reason to end.
    process.stderr.on('error', () => {});
  }

  get env(): Environment {
    return process.env;
  }

  get stdin(): AsyncIterable<Uint8Array> {
    return process.stdin;
  }

  /** Whoever is to give the input sits at the keyboard. */
  get typed(): boolean {
    return process.stdin.isTTY === true;
  }

  /** Nothing more is read: an input that stays open would keep the process. */
  closeInput(): void {
    process.stdin.destroy();
  }

  /** For what goes to the output. None when `NO_COLOR` is set (no-color.org) or nobody looks. */
  get paint(): Paint {
    return this.interactive && !this.env['NO_COLOR'] ? ansiPaint : noPaint;
  }

  /** For notes. */
  get notePaint(): Paint {
    return this.notesInteractive && !this.env['NO_COLOR'] ? ansiPaint : noPaint;
  }

  /**
   * Fires at Ctrl-C, SIGTERM, and when the output takes no more: finish and end. A second signal ends the process at
   * once. From the first call on, signals are ours.
   */
  get stop(): AbortSignal {
    if (!this.#watching) {
      this.#watching = true;
      process.on('SIGINT', (signal) => this.#signalled(signal));
      process.on('SIGTERM', (signal) => this.#signalled(signal));
    }
    return this.#stop.signal;
  }

  /** Throws Interrupted when a signal has asked to end, or OutputError when the output has failed. */
  throwIfStopped(): void {
    if (!this.#stop.signal.aborted) return;
    throw this.#outputError ?? new Interrupted(this.#stop.signal.reason as NodeJS.Signals);
  }

  /** Why the output takes no more, once it does not. */
  get outputError(): OutputError | undefined {
    return this.#outputError;
  }

  /**
   * Writes a line to the output. Resolves when it is written, so that who awaits it never runs ahead, and may say that
   * it was. Rejects with OutputError.
   */
  print(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(`${line}\n`, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(this.#outputFailed(error));
      });
    });
  }

  /** Writes a line beside the output: warnings, errors, progress. */
  note(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** Writes over the last progress, on a terminal; elsewhere nothing. An empty text takes it away. */
  progress(text: string): void {
    if (this.notesInteractive) process.stderr.write(`\r\u001b[K${text}`);
  }

  #signalled(signal: NodeJS.Signals): void {
    const nowMs = performance.now();
    if (!this.#stop.signal.aborted) {
      this.#signalledMs = nowMs;
      this.#stop.abort(signal);
    } else if (nowMs - this.#signalledMs > ECHO_MS) {
      process.exit(signalExit(signal));
    }
  }

  /** The first failure is the reason of all that follow. */
  #outputFailed(error: NodeJS.ErrnoException): OutputError {
    this.#outputError ??= new OutputError(error);
    this.#stop.abort(this.#outputError);
    return this.#outputError;
  }
}
