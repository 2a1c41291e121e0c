import { SimulatedClient } from './simulated-client.ts';

/** Looks after mailboxes as people do: asks how they are, pauses them, empties them. */
export class SimulatedOperator extends SimulatedClient {
  /** What should be paused, and may not know of it yet. */
  readonly #paused = new Set<string>();

  constructor() {
    super('operator');
  }

  inspect(mailbox: string): void {
    this.request('inspect', { mailbox });
  }

  peek(mailbox: string): void {
    this.request('peek', { mailbox, limit: 5 });
  }

  purge(mailbox: string): void {
    this.request('purge', { mailbox });
  }

  pause(mailbox: string): void {
    this.#paused.add(mailbox);
    this.request('pause', { mailbox, paused: true });
  }

  /** Lets everything go on that was paused. */
  resume(): void {
    for (const mailbox of this.#paused) {
      this.request('pause', { mailbox, paused: false }, (answer) => {
        if (answer.kind === 'paused') this.#paused.delete(mailbox);
      });
    }
  }

  protected welcomed(): void {}
  protected lost(): void {}
}
