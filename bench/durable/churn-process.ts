/** One of the two clients of the churn: publishes at a steady rate, or consumes with pauses. Started by churn-bench.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, connect, type Receipt, TellwhenError } from '../../client/index.ts';
import { BODY_BYTES, bodyOf, numberOf } from '../peers/body.ts';
import { mailboxOf } from '../peers/tellwhen/mailbox.ts';
import type { ChurnCount, ChurnRole } from './churn-messages.ts';

const QUEUE = 'churn';
/** Of one call, and how many may be without a receipt. */
const BATCH = 100;
const UNANSWERED_MAX = 20_000;
/** An event has between 200 bytes and so many more. */
const MORE_BYTES_MAX = 4_000;
/** The consumer is there for so long, and away for so long. */
const THERE_MS = 10_000;
const AWAY_MS = 3_000;

/** The last one: events a second. */
const [, , address = '', role = 'publisher', rate = ''] = process.argv;
const MORE = Buffer.alloc(MORE_BYTES_MAX, 'x');
const counts = { done: 0, errors: 0 };
let ending = false;

process.once('disconnect', () => process.exit());
process.once('message', () => {
  ending = true;
});

const client = await connect(address, { name: `churn ${role}` });
const telling = setInterval(tell, 1_000);
await ((role as ChurnRole) === 'publisher' ? publish(client) : consume(client));
clearInterval(telling);
tell();
await client.close();
process.disconnect();

async function publish(client: Client): Promise<void> {
  const startMs = performance.now();
  const answers = new Set<Promise<void>>();
  let sent = 0;
  let unanswered = 0;
  while (!ending) {
    const due = ((performance.now() - startMs) / 1e3) * Number(rate);
    while (sent + BATCH <= due && unanswered + BATCH <= UNANSWERED_MAX) {
      const numbers = Array.from({ length: BATCH }, (_, i) => sent + i);
      sent += BATCH;
      unanswered += BATCH;
      const answer = client.publishBatch(numbers.map((n) => ({ topic: QUEUE, data: dataOf(n), durable: true }))).then(
        (receipts) => count(receipts),
        (error) => fail(error),
      );
      answers.add(answer);
      void answer.then(() => {
        answers.delete(answer);
        unanswered -= BATCH;
      });
    }
    await delay(5);
  }
  await Promise.all(answers);
}

function count(receipts: readonly (Receipt | TellwhenError)[]): void {
  for (const receipt of receipts) {
    if (receipt instanceof TellwhenError) fail(receipt);
    else if (!receipt.durable || receipt.matched !== 1) fail(new Error(`a wrong receipt: ${JSON.stringify(receipt)}`));
    else counts.done += 1;
  }
}

/** Goes away now and then, so that the mailbox fills and empties as queues do. */
async function consume(client: Client): Promise<void> {
  while (!ending) {
    const subscription = await client.subscribe(mailboxOf(QUEUE), (event) => {
      const n = numberOf(event.data.subarray(0, BODY_BYTES));
      const again = n >= 0 && n < counts.done && event.attempt > 1;
      if ((n !== counts.done && !again) || event.data.length !== dataBytesOf(n)) {
        fail(new Error(`event ${n} of ${event.data.length} bytes, instead of ${counts.done}`));
      }
      if (!again) counts.done = n + 1;
      event.ack().catch(fail);
    });
    for (const endMs = performance.now() + THERE_MS; performance.now() < endMs && !ending; ) await delay(50);
    await subscription.unsubscribe();
    if (!ending) await delay(AWAY_MS);
  }
}

function dataOf(n: number): Buffer {
  return Buffer.concat([bodyOf(n), MORE.subarray(0, dataBytesOf(n) - BODY_BYTES)]);
}

/** Looks random, and is known to both. */
function dataBytesOf(n: number): number {
  return BODY_BYTES + ((n * 7_919) % MORE_BYTES_MAX);
}

function fail(error: unknown): void {
  counts.errors += 1;
  if (counts.errors <= 10) console.error(error);
}

function tell(): void {
  // The bench may have gone already.
  if (process.connected) process.send?.({ ...counts } satisfies ChurnCount);
}
