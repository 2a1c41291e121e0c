import { SimulatedClient } from './simulated-client.ts';

/** Subscribes to everything, to be told the last value of each topic. */
export class SimulatedWatcher extends SimulatedClient {
  constructor() {
    super('watcher');
  }

  protected welcomed(): void {
    this.request('subscribe', { topic: '#', creditEvents: 1_000, creditBytes: 100_000 });
  }

  protected lost(): void {}
}
