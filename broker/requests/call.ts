import type { Ask } from './ask.ts';
import type { Server } from './server.ts';

/**
 * A request on its way to one server, and in its hands:
 *
 *     waiting ──▶ handed over ──▶ replied
 *        │             │ nobody waits any more: `over`
 *        └──▶ gone     └──▶ over ──▶ replied late, stopped, or lost with its server
 */
export class Call {
  readonly ask: Ask;
  /** Who has it. */
  server: Server | undefined;
  /** By which the server knows it. */
  number = 0;
  attempt = 1;
  /** In whose lines it waits. */
  waitsAt: readonly Server[] = [];
  /** Parts that the asker wants and has not got. */
  wanted: number;
  /** The server was told to stop. */
  over = false;

  constructor(ask: Ask) {
    this.ask = ask;
    this.wanted = ask.wish.parts ?? 0;
  }
}
