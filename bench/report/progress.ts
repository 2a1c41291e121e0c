/** One line on standard error that is written over, so that a wait of minutes is seen to go on; nothing where nobody looks. */
export class Progress {
  readonly #startMs = performance.now();
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  show(step: string): void {
    const seconds = ((performance.now() - this.#startMs) / 1e3).toFixed(0);
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${this.#what}, after ${seconds} s: ${step} …`);
  }

  done(): void {
    const seconds = ((performance.now() - this.#startMs) / 1e3).toFixed(0);
    process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[K' : ''}${this.#what}: ${seconds} s\n`);
  }
}
