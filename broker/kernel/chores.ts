/** A piece of work that yields where it may be interrupted. Each step is short. */
export type Chore<T> = Generator<void, T>;

/**
 * Work that takes long, done in steps, one at a time with a pause after each, so that it delays nobody. Chores take turns;
 * who asks for them bounds their number.
 */
export class Chores {
  readonly #pause: (then: () => void) => void;
  readonly #waiting: (() => boolean)[] = [];
  /** To be told at the end of the pause. */
  #done: (() => void)[] = [];
  #pausing = false;

  /** `pause` calls back, later, when the next step may be done. */
  constructor(pause: (then: () => void) => void) {
    this.#pause = pause;
  }

  /** The first step comes after a pause. `done` is called with what the chore has come to, after one more. */
  run<T>(chore: Chore<T>, done: (result: T) => void): void {
    this.#waiting.push(() => {
      const step = chore.next();
      if (step.done === true) this.#done.push(() => done(step.value));
      return step.done === true;
    });
    this.#goOn();
  }

  #goOn(): void {
    if (this.#pausing || this.#waiting.length + this.#done.length === 0) return;
    this.#pausing = true;
    this.#pause(() => {
      this.#pausing = false;
      const done = this.#done;
      this.#done = [];
      for (const tell of done) tell();
      const step = this.#waiting.shift();
      if (step !== undefined && !step()) this.#waiting.push(step);
      this.#goOn();
    });
  }
}
