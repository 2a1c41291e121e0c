/** Handlers and callbacks at work, so that draining can wait for them. */
export class Work {
  #running = 0;

  get running(): number {
    return this.#running;
  }

  /** @param task never rejects */
  track(task: Promise<void>): void {
    this.#running += 1;
    void task.then(() => {
      this.#running -= 1;
    });
  }
}
