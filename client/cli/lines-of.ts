import { UsageError } from './usage-error.ts';

const NEWLINE = 10;

/**
 * The lines of a stream, as many at a time as each chunk completes, without their ends. What comes slowly is handed
 * on as it comes. Throws UsageError at a line longer than `bytesMax`.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<string[]> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE);
    const complete = end < 0 ? chunk.subarray(0, 0) : chunk.subarray(0, end + 1);
    const left = chunk.subarray(complete.length);
    if (end >= 0) {
      yield split(Buffer.concat([...rest, complete]).toString());
      rest = [];
      restBytes = 0;
    }
    if (left.length > 0) rest.push(left);
    restBytes += left.length;
    if (restBytes > bytesMax) throw new UsageError(`a line of more than ${bytesMax} bytes`);
  }
  if (restBytes > 0) yield split(Buffer.concat(rest).toString());
}

function split(text: string): string[] {
  const lines = text.split(/\r?\n/);
  // After the last end there is nothing, which is not a line.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
