import { type Client, type PublishOptions, TellwhenError } from '../index.ts';
import { EXIT } from './exit-codes.ts';
import { failureLines, plainError } from './failure.ts';
import type { Form } from './form.ts';
import { LineFaults } from './line-faults.ts';
import { linesOf } from './lines-of.ts';
import { EVENT_BYTES_MAX, jsonFault } from './publication-of.ts';
import type { Terminal } from './terminal.ts';
import { Until } from './until.ts';
import { UsageError } from './usage-error.ts';

export interface Output {
  readonly terminal: Terminal;
  readonly quiet: boolean;
  readonly form: Form;
}

const JSON_TYPE = 'application/json';

const encoder = new TextEncoder();

/**
 * Publishes each line of the input, blank ones left out, until it ends or the user stops it. One chunk of input at a
 * time: nothing more is read before the broker has answered for it. Lines that are refused are named and passed over.
 * Prints the counts, also when the connection is lost, and then rejects.
 */
export async function publishLines(
  client: Client,
  topic: string,
  options: PublishOptions,
  output: Output,
): Promise<number> {
  const { terminal } = output;
  const work = new LinePublisher(client, topic, options, output);
  const until = new Until({ stop: terminal.stop });
  try {
    for await (const lines of until.take(linesOf(terminal.stdin, EVENT_BYTES_MAX))) await work.publish(lines);
  } finally {
    until.dispose();
    terminal.closeInput();
    await work.printCounts();
  }
  return work.refused === 0 ? EXIT.ok : EXIT.error;
}

class LinePublisher {
  readonly #client: Client;
  readonly #topic: string;
  readonly #options: PublishOptions;
  readonly #output: Output;
  #line = 0;
  #published = 0;
  #matched = 0;
  readonly #faults = new LineFaults();

  constructor(client: Client, topic: string, options: PublishOptions, output: Output) {
    this.#client = client;
    this.#topic = topic;
    this.#options = options;
    this.#output = output;
  }

  get refused(): number {
    return this.#faults.count;
  }

  async publish(lines: readonly string[]): Promise<void> {
    const numbers: number[] = [];
    const events = [];
    const { contentType = JSON_TYPE } = this.#options;
    for (const text of lines) {
      this.#line += 1;
      if (text.trim() === '') continue;
      const fault = contentType === JSON_TYPE ? jsonFault(text) : undefined;
      if (fault === undefined) {
        numbers.push(this.#line);
        events.push({ ...this.#options, topic: this.#topic, data: encoder.encode(text), contentType });
      } else this.#faults.add(this.#line, new UsageError(`not JSON: ${fault}`));
    }
    const results = await this.#client.publishBatch(events);
    for (const [i, result] of results.entries()) {
      if (result instanceof TellwhenError) {
        this.#faults.add(numbers[i] as number, result);
      } else {
        this.#published += 1;
        this.#matched += result.matched;
      }
    }
    this.#tellFaults();
  }

  async printCounts(): Promise<void> {
    const { terminal, quiet, form } = this.#output;
    const counts = { published: this.#published, matched: this.#matched, refused: this.refused };
    const { published, matched, refused } = counts;
    if (form.json && !quiet) await terminal.print(JSON.stringify(counts));
    else if (!quiet) await terminal.print(`${published} events published, ${refused} refused, ${matched} matches`);
  }

  #tellFaults(): void {
    const { terminal, form } = this.#output;
    for (const { first, last, error } of this.#faults.take()) {
      if (form.jsonNotes) {
        const lines = first === last ? { line: first } : { line: first, lastLine: last };
        terminal.note(JSON.stringify({ error: { ...lines, ...plainError(error) } }));
        continue;
      }
      const where = first === last ? `line ${first}` : `lines ${first} to ${last}`;
      const [what = '', ...more] = error instanceof UsageError ? [error.message] : failureLines(error);
      for (const line of [`${where}: ${what.replace(/^error: /, '')}`, ...more]) terminal.note(line);
    }
  }
}
