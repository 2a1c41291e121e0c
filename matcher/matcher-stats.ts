/** Plain integers, to be copied at a scrape. Counters start at 0 and only rise; the others are sizes now. */
export interface MatcherStats {
  /** Events matched against. */
  readonly events: number;
  /** Of those, events that matched no filter. */
  readonly eventsUnmatched: number;
  /** Matches reported: subscriptions over all events. */
  readonly matches: number;
  /** Places of pairings looked into, neighbours that stand back to back as one; and runs of entries that were scanned. */
  readonly cellsAsked: number;
  readonly runsScanned: number;
  /** Entries that lay where an access key led the event; most are decided by their signature. */
  readonly candidates: number;
  /** Such as were read, because their signature left them open. */
  readonly entriesRead: number;
  /** Tests evaluated of those that their signature left open. */
  readonly testsEvaluated: number;
  /** Filters that matched, by the kind of access key that found them. */
  readonly hitsByEquality: number;
  readonly hitsByRange: number;
  readonly hitsByPair: number;
  readonly hitsByTopic: number;
  readonly subscriptions: number;
  /** Distinct filters; equal ones share. */
  readonly filters: number;
  /** Filters by cost. */
  readonly indexed: number;
  readonly partly: number;
  readonly residual: number;
  /** Records in the index: one a filter, more where an OR or IN was split. */
  readonly postings: number;
  readonly topicFilters: number;
  /** Distinct references that filters read. */
  readonly slots: number;
  /** Distinct constants that filters compare for equality. */
  readonly symbols: number;
  /** Pairs of references whose constants or ranges filters are found by together. */
  readonly pairings: number;
  /** Filters that `retune` looked at, and such as it moved. */
  readonly filtersLookedAt: number;
  readonly filtersMoved: number;
  /** Distinct conditions that no index understands (LIKE, arithmetic, string order, …). */
  readonly opaqueAtoms: number;
  /** Bytes by structure: exact for typed arrays, estimated for what V8 lays out. */
  readonly bytes: {
    readonly records: number;
    readonly postings: number;
    readonly symbols: number;
    readonly ranges: number;
    readonly topics: number;
    readonly slots: number;
    readonly atoms: number;
    readonly texts: number;
    readonly subscriptions: number;
    readonly results: number;
  };
}
