/**
 * What a space does, said as plainly as possible: a list of tuples and a list of who waits, both gone through from the
 * front. The broker's is held against it.
 */

/** A tuple here is a pair, so that little is needed to say what fits. */
export type Pair = readonly [key: string, value: number];

export interface Wanted {
  readonly key?: string;
  readonly value?: number;
  /** The value must be larger. */
  readonly over?: number;
}

export type Step =
  | {
      readonly kind: 'out';
      readonly client: number;
      readonly id: number;
      readonly pair: Pair;
      readonly leaseMs: number;
      readonly within?: number;
    }
  | {
      readonly kind: 'find';
      readonly client: number;
      readonly id: number;
      readonly wanted: Wanted;
      readonly take: boolean;
      readonly wait: boolean;
      readonly final: boolean;
      readonly leaseMs: number;
      readonly within?: number;
    }
  | { readonly kind: 'begin'; readonly client: number; readonly id: number; readonly leaseMs: number }
  | { readonly kind: 'cancel'; readonly client: number; readonly id: number; readonly find: number }
  /** `holding`: the id of the find or the begin whose lease it was. */
  | { readonly kind: 'commit' | 'abort'; readonly client: number; readonly id: number; readonly holding: number }
  | { readonly kind: 'close'; readonly client: number }
  | { readonly kind: 'advance'; readonly ms: number }
  /** The broker dies and comes back; every connection is gone. */
  | { readonly kind: 'restart' };

/** What a step's `id` was answered: `pair`, or why not. */
export interface Answer {
  readonly id: number;
  readonly pair?: Pair;
  readonly said?: 'written' | 'begun' | 'settled' | 'none' | 'cancelled' | 'refused' | undefined;
}

interface ModelTuple {
  readonly id: number;
  readonly pair: Pair;
  readonly leaseMs: number;
  /** Only this transaction sees it. */
  within: number | undefined;
  holder: number | undefined;
  readonly readers: Set<number>;
  endsMs: number;
  expired: boolean;
  /** It cannot be found before. */
  restsUntilMs: number;
}

interface ModelHolding {
  readonly id: number;
  readonly client: number;
  readonly isTransaction: boolean;
  endsMs: number;
}

type Find = Extract<Step, { readonly kind: 'find' }>;

/** After a restart nobody finds what was there. */
const REST_MS = 5_000;

export class SpaceModel {
  #nowMs = 0;
  /** In order of `out`. */
  #tuples: ModelTuple[] = [];
  #waiting: Find[] = [];
  readonly #holdings = new Map<number, ModelHolding>();
  readonly #committed = new Set<number>();
  #answers: Answer[] = [];

  /** What the broker must answer to this step, and to earlier ones because of it. */
  apply(step: Step): Answer[] {
    this.#answers = [];
    this.#do(step);
    return this.#answers;
  }

  #do(step: Step): void {
    switch (step.kind) {
      case 'out': {
        const { id, pair, leaseMs, within } = step;
        if (within !== undefined && !this.#holdings.has(within)) {
          this.#say(id, 'refused');
          return;
        }
        const endsMs = within === undefined ? this.#nowMs + leaseMs : Number.POSITIVE_INFINITY;
        const tuple = {
          id,
          pair,
          leaseMs,
          within,
          holder: undefined,
          readers: new Set<number>(),
          endsMs,
          expired: false,
          restsUntilMs: 0,
        };
        this.#tuples.push(tuple);
        this.#say(id, 'written');
        this.#offer(tuple, within);
        return;
      }
      case 'find': {
        const { id, within } = step;
        if (within !== undefined && !this.#holdings.has(within)) {
          this.#say(id, 'refused');
          return;
        }
        const tuple =
          this.#tuples.find((one) => one.within !== undefined && this.#mayHave(step, one)) ??
          this.#tuples.find((one) => this.#mayHave(step, one));
        if (tuple !== undefined) this.#hand(step, tuple);
        else if (step.wait) this.#waiting.push(step);
        else this.#say(id, 'none');
        return;
      }
      case 'begin':
        this.#holdings.set(step.id, { ...step, isTransaction: true, endsMs: this.#nowMs + step.leaseMs });
        this.#say(step.id, 'begun');
        return;
      case 'cancel':
        if (!this.#waiting.some(({ id }) => id === step.find)) return;
        this.#waiting = this.#waiting.filter(({ id }) => id !== step.find);
        this.#say(step.find, 'cancelled');
        return;
      case 'commit':
      case 'abort': {
        const holding = this.#holdings.get(step.holding);
        if (holding === undefined) {
          const isAgain = step.kind === 'commit' && this.#committed.has(step.holding);
          this.#say(step.id, isAgain ? 'settled' : 'refused');
          return;
        }
        if (step.kind === 'commit') this.#committed.add(step.holding);
        this.#end(holding, step.kind === 'commit');
        this.#say(step.id, 'settled');
        return;
      }
      case 'close':
        this.#waiting = this.#waiting.filter(({ client }) => client !== step.client);
        this.#endAll(({ client }) => client === step.client);
        return;
      case 'advance':
        this.#advance(this.#nowMs + step.ms);
        return;
      case 'restart':
        this.#waiting = [];
        this.#tuples = this.#tuples.filter(({ within }) => within === undefined);
        for (const tuple of this.#tuples) {
          tuple.restsUntilMs = this.#nowMs + REST_MS;
          tuple.holder = undefined;
          tuple.readers.clear();
        }
        this.#holdings.clear();
        this.#committed.clear();
        return;
    }
  }

  /** Transactions first, as a connection that ends gives them up first. */
  #endAll(isMeant: (holding: ModelHolding) => boolean): void {
    const meant = [...this.#holdings.values()].filter(isMeant);
    for (const isTransaction of [true, false]) {
      for (const holding of meant) if (holding.isTransaction === isTransaction) this.#end(holding, false);
    }
  }

  #advance(untilMs: number): void {
    for (;;) {
      const ends = [
        ...this.#tuples.map(({ endsMs }) => endsMs),
        ...[...this.#holdings.values()].map(({ endsMs }) => endsMs),
        ...this.#tuples.map(({ restsUntilMs }) => restsUntilMs),
      ].filter((endMs) => endMs > this.#nowMs && endMs <= untilMs);
      this.#nowMs = Math.min(untilMs, ...ends);
      if (ends.length === 0) return;
      for (const tuple of [...this.#tuples]) if (tuple.endsMs === this.#nowMs) this.#expire(tuple);
      for (const holding of [...this.#holdings.values()]) if (holding.endsMs === this.#nowMs) this.#end(holding, false);
      for (const tuple of [...this.#tuples]) if (tuple.restsUntilMs === this.#nowMs) this.#offer(tuple, undefined);
    }
  }

  #expire(tuple: ModelTuple): void {
    if (tuple.holder === undefined) this.#remove(tuple);
    else tuple.expired = true;
  }

  #end(holding: ModelHolding, isCommit: boolean): void {
    this.#holdings.delete(holding.id);
    const late = this.#waiting.filter(({ within }) => within === holding.id);
    this.#waiting = this.#waiting.filter(({ within }) => within !== holding.id);
    for (const { id } of late) this.#say(id, 'refused');
    const taken = this.#tuples.filter(({ holder }) => holder === holding.id);
    const written = this.#tuples.filter(({ within }) => within === holding.id);
    const read = this.#tuples.filter(({ readers }) => readers.delete(holding.id));
    if (isCommit) for (const tuple of taken) this.#remove(tuple);
    else for (const tuple of written) this.#remove(tuple);
    for (const tuple of read) if (this.#tuples.includes(tuple)) this.#offer(tuple, undefined);
    for (const tuple of isCommit ? [] : taken) {
      tuple.holder = undefined;
      if (tuple.expired) this.#remove(tuple);
      else this.#offer(tuple, undefined);
    }
    for (const tuple of isCommit ? written : []) {
      tuple.within = undefined;
      tuple.endsMs = this.#nowMs + tuple.leaseMs;
      this.#offer(tuple, undefined);
    }
  }

  /** To all who wait to read, then to the first who waits to take. */
  #offer(tuple: ModelTuple, within: number | undefined): void {
    for (const take of [false, true]) {
      for (const find of [...this.#waiting]) {
        if (find.take !== take || !this.#mayHave(find, tuple)) continue;
        if (within !== undefined && find.within !== within) continue;
        this.#waiting = this.#waiting.filter((other) => other !== find);
        this.#hand(find, tuple);
      }
    }
  }

  #mayHave({ wanted, take, within }: Find, tuple: ModelTuple): boolean {
    const [key, value] = tuple.pair;
    if (wanted.key !== undefined && wanted.key !== key) return false;
    if (wanted.value !== undefined && wanted.value !== value) return false;
    if (wanted.over !== undefined && !(value > wanted.over)) return false;
    if (!this.#tuples.includes(tuple) || tuple.holder !== undefined || tuple.restsUntilMs > this.#nowMs) return false;
    if (tuple.within !== undefined && tuple.within !== within) return false;
    return !take || [...tuple.readers].every((reader) => reader === within);
  }

  #hand({ id, client, take, within, final, leaseMs }: Find, tuple: ModelTuple): void {
    this.#answers.push({ id, pair: tuple.pair });
    if (!take) {
      if (within !== undefined && tuple.within === undefined) tuple.readers.add(within);
    } else if (final || tuple.within !== undefined) this.#remove(tuple);
    else if (within !== undefined) tuple.holder = within;
    else {
      tuple.holder = id;
      this.#holdings.set(id, { id, client, isTransaction: false, endsMs: this.#nowMs + leaseMs });
    }
  }

  #remove(tuple: ModelTuple): void {
    this.#tuples = this.#tuples.filter((other) => other !== tuple);
  }

  #say(id: number, said: Answer['said']): void {
    this.#answers.push({ id, said });
  }
}
