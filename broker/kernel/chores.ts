import type { Time } from './time.ts';

/** A piece of work that yields where it may be interrupted. Each step is short. */
export type Chore<T> = Generator<void, T>;

/** After so much work comes a pause, though some chores have not had their turn. */
const WORK_MS = 5;

/**
 * Work that takes long, done in steps, with a pause after each, so that it delays nobody. Chores take turns: between two
 * pauses each takes one step, as many of them as a few milliseconds have room for. So a thousand small ones do not make
 * another wait for a thousand pauses. Who asks for them bounds their number.
 */
export class Chores {
  readonly #time: Pick<Time, 'monotonicMs'>;
  readonly #pause: (then: () => void) => void;
  #waiting: (() => boolean)[] = [];
  /** To be told at the end of the pause. */
  #done: (() => void)[] = [];
  #pausing = false;

  /** `pause` calls back, later, when the next steps may be done. */
  constructor(time: Pick<Time, 'monotonicMs'>, pause: (then: () => void) => void) {
    this.#time = time;
    this.#pause = pause;
  }

  /** The first step comes after a whole pause. `done` is called with what the chore has come to, after one more. */
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
    // What is asked for during the pause has not been waited for: its first step comes after the next one.
    const ready = this.#waiting.length;
    this.#pause(() => {
      this.#pausing = false;
      const done = this.#done;
      this.#done = [];
      for (const tell of done) tell();
      this.#work(ready);
      this.#goOn();
    });
  }

  #work(ready: number): void {
    const untilMs = this.#time.monotonicMs() + WORK_MS;
    const waiting = this.#waiting;
    this.#waiting = [];
    const unfinished: (() => boolean)[] = [];
    let taken = 0;
    for (; taken < ready && (taken === 0 || this.#time.monotonicMs() < untilMs); taken++) {
      const step = waiting[taken];
      if (step !== undefined && !step()) unfinished.push(step);
    }
    this.#waiting = [...waiting.slice(taken), ...unfinished, ...this.#waiting];
  }
}
