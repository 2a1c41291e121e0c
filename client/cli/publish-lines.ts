import { type Client, type PublishOptions, TellwhenError } from '../index.ts';
import { EXIT } from './exit-codes.ts';
import { failureLines } from './failure.ts';
import { linesOf } from './lines-of.ts';
import { EVENT_BYTES_MAX, jsonFault } from './publication-of.ts';
import type { Terminal } from './terminal.ts';
import { Until } from './until.ts';

export interface Output {
  readonly terminal: Terminal;
  readonly quiet: boolean;
  readonly json: boolean;
}

const JSON_TYPE = 'application/json';

const encoder = new TextEncoder();

/**
 * Publishes each line of the input, blank ones left out, until it ends or the user stops it. One chunk of input at a
 * time: nothing more is read before the broker has answered for it. A line that is refused is named and passed over.
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
  #refused = 0;

  constructor(client: Client, topic: string, options: PublishOptions, output: Output) {
    this.#client = client;
    this.#topic = topic;
    this.#options = options;
    this.#output = output;
  }

  get refused(): number {
    return this.#refused;
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
      } else this.#refuse(this.#line, `not JSON: ${fault}`);
    }
    const results = await this.#client.publishBatch(events);
    for (const [i, result] of results.entries()) {
      if (result instanceof TellwhenError) {
        this.#refuse(numbers[i] as number, failureLines(result).join('; '));
      } else {
        this.#published += 1;
        this.#matched += result.matched;
      }
    }
  }

  async printCounts(): Promise<void> {
    const { terminal, quiet, json } = this.#output;
    const counts = { published: this.#published, matched: this.#matched, refused: this.#refused };
    const { published, matched, refused } = counts;
    if (json && !quiet) await terminal.print(JSON.stringify(counts));
    else if (!quiet) await terminal.print(`${published} events published, ${refused} refused, ${matched} matches`);
  }

  #refuse(line: number, why: string): void {
    const { terminal, json } = this.#output;
    this.#refused += 1;
    terminal.note(json ? JSON.stringify({ error: { line, message: why } }) : `line ${line}: ${why}`);
  }
}
