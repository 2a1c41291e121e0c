import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BODY_BYTES, bodyOf } from '../peers/body.ts';
import { withFolder } from './data-folder.ts';
import type { PeerRound, RoundOrder } from './peer-round.ts';

/** Like the rounds of the peers, in which nothing is consumed. */
export type Floor = Pick<PeerRound, 'alone' | 'batched'>;

/**
 * What this disk allows: the same events written to a bare file and flushed, one at a time and `inFlight` at a time, by the
 * process that has them, without a network, a queue or an index.
 */
export function measureFloor({ parent, events, inFlight, alone }: RoundOrder): Promise<Floor> {
  return withFolder(parent, async (folder) => {
    const file = openSync(join(folder, 'log'), 'a');
    try {
      write(file, alone, 1);
      const one = write(file, alone, 1);
      const many = write(file, events, inFlight);
      const sorted = one.flushesUs.toSorted();
      const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
      return {
        alone: { rate: alone / one.seconds, p50Us: at(0.5), p99Us: at(0.99) },
        batched: { rate: events / many.seconds, clientCpuUs: (many.cpuSeconds / events) * 1e6, serverCpuUs: 0 },
      };
    } finally {
      closeSync(file);
    }
  });
}

function write(file: number, events: number, together: number) {
  const flushesUs = new Float64Array(Math.ceil(events / together));
  const buffer = Buffer.alloc(BODY_BYTES * together);
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  for (let first = 0; first < events; first += together) {
    const flushMs = performance.now();
    const count = Math.min(together, events - first);
    for (let i = 0; i < count; i += 1) bodyOf(first + i).copy(buffer, i * BODY_BYTES);
    writeSync(file, buffer, 0, count * BODY_BYTES);
    fdatasyncSync(file);
    flushesUs[first / together] = (performance.now() - flushMs) * 1e3;
  }
  const { user, system } = process.cpuUsage(startCpu);
  return { flushesUs, seconds: (performance.now() - startMs) / 1e3, cpuSeconds: (user + system) / 1e6 };
}
