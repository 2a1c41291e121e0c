import { SimulatedClient } from './simulated-client.ts';

/** Looks after mailboxes as people do: asks how they are, pauses them, empties them. */
export class SimulatedOperator extends SimulatedClient {
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

  remove(mailbox: string): void {
    this.request('remove', { mailbox });
  }

  replay(mailbox: string): void {
    this.request('replay', { mailbox, from: 'beginning' });
  }

  pause(mailbox: string, paused: boolean): void {
    this.request('pause', { mailbox, paused });
  }

  protected welcomed(): void {}
  protected lost(): void {}
}
