/** Who wants to be told of one kind of thing. A listener that throws is reported, and the others are told all the same. */
export class Listeners<T> {
  /** Made with the first: most of them never have one, and a client may have a hundred thousand. */
  #listeners: Set<(value: T) => void> | undefined;
  readonly #report: (error: unknown) => void;

  /** @param report takes what a listener throws */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Returns what takes the listener off again. */
  add(listener: (value: T) => void): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => void this.#listeners?.delete(listener);
  }

  tell(value: T): void {
    for (const listener of this.#listeners ?? []) {
      try {
        listener(value);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
