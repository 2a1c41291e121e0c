import type { PublishRange } from './peer.ts';

const BATCHES = 4;

/**
 * Calls `send` for each number of the range, in order, so that at most `inFlight` are unanswered. Resolves when all
 * are answered; rejects with the first failure, and then sends no more.
 */
export function keepInFlight(
  { first, count, inFlight }: PublishRange,
  send: (n: number) => Promise<unknown>,
): Promise<void> {
  const end = first + count;
  return new Promise((resolve, reject) => {
    let next = first;
    let answered = first;
    const onAnswer = (): void => {
      answered += 1;
      if (answered === end) resolve();
      else fill();
    };
    const onFailure = (error: unknown): void => {
      next = end;
      reject(error);
    };
    const fill = (): void => {
      while (next < end && next - answered < inFlight) {
        send(next).then(onAnswer, onFailure);
        next += 1;
      }
    };
    fill();
  });
}

/**
 * The same for a library that is faster with many events at once: `send` is called for batches, each of a quarter of
 * `inFlight`, so that the next are under way while one is answered.
 */
export function keepBatchesInFlight(
  { first, count, inFlight }: PublishRange,
  send: (numbers: readonly number[]) => Promise<unknown>,
): Promise<void> {
  const size = Math.ceil(inFlight / BATCHES);
  const batches = { first: 0, count: Math.ceil(count / size), inFlight: Math.floor(inFlight / size) };
  return keepInFlight(batches, (batch) => {
    const from = first + batch * size;
    return send(Array.from({ length: Math.min(size, first + count - from) }, (_, i) => from + i));
  });
}
