import {
  BodyRun,
  type BodyToWrite,
  BROKERS_OWN,
  ByteReader,
  ByteWriter,
  writeBody,
} from '../../broker/protocol/index.ts';
import { PublishedRun } from '../../broker/publish/published-run.ts';

const LIMITS = { depthMax: 4, keysMax: 3 };

/** As it would have come out of a frame, which begins with something else. */
export function runOf(bodies: readonly BodyToWrite[], firstSeq = 7): PublishedRun {
  const to = new ByteWriter();
  to.u8(0xff);
  for (const body of bodies) writeBody(to, body);
  const from = new ByteReader(to.written());
  from.u8();
  const run = new BodyRun();
  run.read(from, bodies.length, to.length - 1);
  return new PublishedRun({ topic: 'a', firstSeq, time: 1_000, arrivedMs: 5, provenance: BROKERS_OWN }, run, LIMITS);
}
