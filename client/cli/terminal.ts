import { once } from 'node:events';
import { ansiPaint, noPaint, type Paint } from './paint.ts';

type Environment = { readonly [name: string]: string | undefined };

const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143 } as const;

/** One Ctrl-C under npm arrives twice, from the terminal and from npm: so soon, it is the same. */
const ECHO_MS = 500;

/** The process as commands see it: where to write, what to read, and when to stop. */
export class Terminal {
  /** People are reading. Else lines are for programs. */
  readonly interactive: boolean;
  readonly #stop = new AbortController();
  #watching = false;
  #signalledMs = 0;

  constructor() {
    this.interactive = process.stdout.isTTY === true;
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
    return process.stderr.isTTY === true && !this.env['NO_COLOR'] ? ansiPaint : noPaint;
  }

  /**
   * Fires at Ctrl-C, SIGTERM, and when nobody reads the output any more: finish and end. A second signal ends the
   * process at once. From the first call on, signals are ours.
   */
  get stop(): AbortSignal {
    if (!this.#watching) {
      this.#watching = true;
      process.on('SIGINT', (signal) => this.#signalled(signal));
      process.on('SIGTERM', (signal) => this.#signalled(signal));
    }
    return this.#stop.signal;
  }

  /** Writes a line to the output. Resolves when there is room for more, so that who awaits it never runs ahead. */
  async print(line: string): Promise<void> {
    if (this.#stop.signal.aborted && !process.stdout.writable) return;
    if (process.stdout.write(`${line}\n`)) return;
    // A closed output never drains; it stops us instead.
    await once(process.stdout, 'drain', { signal: this.#stop.signal }).catch(() => {});
  }

  /** Writes a line beside the output: warnings, errors, progress. */
  note(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** Writes over the last progress, on a terminal; elsewhere nothing. An empty text takes it away. */
  progress(text: string): void {
    if (process.stderr.isTTY === true) process.stderr.write(`\r\u001b[K${text}`);
  }

  #signalled(signal: NodeJS.Signals): void {
    const nowMs = performance.now();
    if (!this.#stop.signal.aborted) {
      this.#signalledMs = nowMs;
      this.#stop.abort(signal);
    } else if (nowMs - this.#signalledMs > ECHO_MS) {
      process.exit(SIGNAL_EXITS[signal as keyof typeof SIGNAL_EXITS]);
    }
  }

  /** `tellwhen sub … | head` is no error. */
  #outputFailed(error: NodeJS.ErrnoException): void {
    if (error.code !== 'EPIPE') this.note(`cannot write: ${error.message}`);
    this.#stop.abort(error);
  }
}
