import type { ChurnOrder, ChurnRow } from './churn.ts';
import type { HostileOrder, HostileRow } from './hostile.ts';
import type { Row, RowOrder } from './row.ts';
import type { SteadyOrder, SteadyRun } from './steady.ts';

/** What the bench asks of a process that measures one thing, and ends. */
export type Task =
  | { readonly kind: 'row'; readonly order: RowOrder }
  | { readonly kind: 'churn'; readonly order: ChurnOrder }
  | { readonly kind: 'hostile'; readonly order: HostileOrder }
  | { readonly kind: 'steady'; readonly workload: string; readonly order: SteadyOrder };

/** What it answers, after any number of steps. */
export type Answer =
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'churn'; readonly row: ChurnRow }
  | { readonly kind: 'hostile'; readonly rows: readonly HostileRow[] }
  | { readonly kind: 'steady'; readonly run: SteadyRun };
