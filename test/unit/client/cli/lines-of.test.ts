import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../../client/cli/lines-of.ts';
import { UsageError } from '../../../../client/cli/usage-error.ts';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text, 'latin1');
}

async function batches(input: AsyncIterable<Uint8Array>, bytesMax = 100): Promise<string[][]> {
  const all: string[][] = [];
  for await (const batch of linesOf(input, bytesMax)) all.push(batch);
  return all;
}

describe('linesOf', () => {
  it('hands on the lines of each chunk as it completes them', async () => {
    expect(await batches(chunks('a\nb\nc', 'd\n', 'e\n'))).toEqual([['a', 'b'], ['cd'], ['e']]);
  });

  it('takes a last line without an end, and both kinds of ends', async () => {
    expect(await batches(chunks('a\r\nb'))).toEqual([['a'], ['b']]);
  });

  it('keeps blank lines, so that lines can be counted', async () => {
    expect((await batches(chunks('\na\n', '\n  \nb\n'))).flat()).toEqual(['', 'a', '', '  ', 'b']);
  });

  it('joins a character cut between chunks', async () => {
    const bytes = Buffer.from('é\n');
    async function* cut(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1);
    }
    expect(await batches(cut())).toEqual([['é']]);
  });

  it('refuses an endless line instead of keeping it', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.from('xxxxxxxxxx');
    }
    await expect(batches(endless())).rejects.toThrow(UsageError);
  });
});
