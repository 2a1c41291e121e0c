/** What spaces did since the broker started: plain integers that the hot path adds to itself. */
export class SpaceCounters {
  outs = 0;
  /** Outs that were recognised as said before. */
  repeated = 0;
  /** Tuples handed out to be read. */
  reads = 0;
  /** Tuples handed out to be taken, whether that was committed or not. */
  takes = 0;
  /** Finds that waited and were served, and for how long all of them did. */
  woken = 0;
  waitedMs = 0;
  /** Finds that were answered with nothing. */
  misses = 0;
  /** Tuples that were looked at for finds. */
  looked = 0;
  /** Transactions, by how they ended. */
  transactions = { committed: 0, aborted: 0 };
  /** Tuples given back by takers, by time, or by the end of a connection. */
  returned = 0;
  expired = 0;
}
