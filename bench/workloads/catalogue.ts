import { adversarial } from './adversarial.ts';
import { deviceAlerts } from './device-alerts.ts';
import { mixedTopics } from './mixed-topics.ts';
import { pureRanges } from './pure-ranges.ts';
import { targeting } from './targeting.ts';
import type { CreateWorkload } from './workload.ts';

/**
 * The workloads by the keys that the bench is asked for, and reports by. W6, churn, is the first of these while its
 * filters change: `bench/matcher/churn.ts`.
 */
export const WORKLOADS: Readonly<Record<string, CreateWorkload>> = {
  'W1-90': deviceAlerts(90),
  'W1-10': deviceAlerts(10),
  W2: pureRanges,
  W3: targeting,
  W4: adversarial,
  W5: mixedTopics,
};
