import type { Contest, Round } from './contender.ts';
import type { Figures } from './figures.ts';
import type { BrokerResult } from './results.ts';

export interface RoundsOrder {
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly progress: (step: string) => void;
  /** Told of every round that is over. */
  readonly over: (broker: string, round: number, outcome: Figures | Error) => void;
}

/**
 * Every contender once a round, so that what the machine does meanwhile happens to all; each round begins with another.
 * Whoever fails in a round has its turn in the next all the same. Rejects only when `signal` fires.
 */
export async function runRounds({ contenders }: Contest, order: RoundsOrder): Promise<BrokerResult[]> {
  const found = contenders.map((contender) => ({ contender, rounds: [] as Figures[], failures: [] as string[] }));
  for (let round = 0; round < order.rounds; round += 1) {
    const start = round % Math.max(1, found.length);
    for (const { contender, rounds, failures } of [...found.slice(start), ...found.slice(0, start)]) {
      const { broker, measure } = contender;
      const means: Round = {
        signal: order.signal,
        progress: (step) => order.progress(`round ${round + 1} of ${order.rounds}, ${broker.name}: ${step}`),
      };
      try {
        const figures = await measure(means);
        rounds.push(figures);
        order.over(broker.name, round, figures);
      } catch (error) {
        order.signal.throwIfAborted();
        const failure = error instanceof Error ? error : new Error(String(error));
        failures.push(failure.message);
        order.over(broker.name, round, failure);
      }
    }
  }
  return found.map(({ contender, rounds, failures }) => ({ ...contender.broker, rounds, failures }));
}
