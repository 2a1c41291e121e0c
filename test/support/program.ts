import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Longer than any step of a scenario takes on a busy machine; the test's own timeout comes after. */
const PATIENCE_MS = 15_000;

export interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A running process: what it wrote so far, and ways to wait for more and to end it. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  /** Starts it. That there is no such command is told on its standard error, and by its exit. */
  constructor(command: string, args: readonly string[], { input, env = {} }: RunOptions = {}) {
    this.#child = spawn(command, args, { env: { ...cleanEnvironment(), ...env } });
    this.#child.on('error', (error) => {
      this.#stderr += `${error}\n`;
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // It may end, or close its input, before it has read all of it.
    this.#child.stdin?.on('error', () => {});
    if (input !== 'open') this.#child.stdin?.end(input ?? '');
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the first match in what it writes to either output. Rejects when it ends before, or takes too long. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const match = pattern.exec(this.#stderr) ?? pattern.exec(this.#stdout);
      if (match !== null) return match;
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || signal.aborted) throw new Error(`never said ${pattern}\n${this.#stdout}${this.#stderr}`);
      await this.#somethingNew(signal);
    }
  }

  /** No more reading of its output, as `| head -1` does. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  /** For an input that was left open. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has ended and everything it wrote is here. */
  async exit(): Promise<Exit> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) });
    }
    const { exitCode: code, signalCode: signal } = this.#child;
    return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    // A command that it started may live on, with these pipes in hand.
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    await this.exit();
  }

  async #somethingNew(signal: AbortSignal): Promise<void> {
    const heard = new AbortController();
    const either = { signal: AbortSignal.any([heard.signal, signal]) };
    const { stdout, stderr } = this.#child;
    const sources = [stdout, stderr].filter((stream) => stream !== null);
    const news = [...sources.map((stream) => once(stream, 'data', either)), once(this.#child, 'close', either)];
    await Promise.race(news).catch(() => {});
    heard.abort();
    await Promise.allSettled(news);
  }
}

export interface RunOptions {
  /** For its standard input, which then ends; `open`: nothing, and no end. */
  readonly input?: string;
  readonly env?: { readonly [name: string]: string };
}

/** Without what would configure a broker or a client behind the test's back. */
function cleanEnvironment(): { [name: string]: string | undefined } {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TELLWHEN_')));
}
