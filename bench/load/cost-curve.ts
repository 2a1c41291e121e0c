import type { Figures } from './figures.ts';
import { type Flow, measureFlow } from './flow.ts';
import type { ScenarioMeans } from './scenario.ts';

/** One flow after the other, with more and more subscriptions; of each, what a delivery cost the broker. */
export async function measureCostCurve(
  means: ScenarioMeans,
  flowOf: (subscriptions: number) => Flow,
): Promise<Figures> {
  const costCurve: [subscriptions: number, brokerUs: number][] = [];
  let [lost, wrong] = [0, 0];
  for (const subscriptions of means.sizes.costAt) {
    const figures = await measureFlow(flowOf(subscriptions), means);
    if (figures.brokerUs !== undefined) costCurve.push([subscriptions, figures.brokerUs]);
    lost += figures.lost;
    wrong += figures.wrong;
  }
  return { lost, wrong, costCurve };
}
