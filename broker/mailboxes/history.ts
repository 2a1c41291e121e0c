/** The last so many ends of attempts are told. */
const TOLD = 10;

/** How the attempts of an entry ended, for its dead letter. */
export class History {
  readonly #ends: string[] = [];

  add(attempt: number, end: string, wallMs: number): void {
    this.#ends.push(`${attempt} ${end} ${new Date(wallMs).toISOString()}`);
    if (this.#ends.length > TOLD) this.#ends.shift();
  }

  /** As `1 expired 2026-01-31T12:00:00.000Z, 2 released …`. */
  get text(): string {
    return this.#ends.join(', ');
  }
}
