import type { Time } from '../../../../broker/kernel/time.ts';
import type { Segment, SegmentPair, Segments } from '../../../../broker/store/segment.ts';
import { doneAtOnce } from './around.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Segments that differ from others in what is given. */
function around(segments: Segments, otherwise: Partial<Segments>): Segments {
  return {
    bytes: segments.bytes,
    read: () => segments.read(),
    open: () => segments.open(),
    make: () => segments.make(),
    copy: (directory, contents) => segments.copy(directory, contents),
    ...otherwise,
  };
}

function writing(segments: Segments, write: (segment: Segment) => Segment['write']): Segments {
  const changed = (pair: SegmentPair): SegmentPair => {
    const [one, other] = pair.map((segment) => ({
      bytes: segment.bytes,
      write: write(segment),
      close: () => segment.close(),
    }));
    return one && other ? [one, other] : pair;
  };
  return around(segments, {
    open() {
      const pair = segments.open();
      return pair && changed(pair);
    },
    make: () => changed(segments.make()),
  });
}

/** What becomes of what is read of both. */
function reading(segments: Segments, change: (contents: readonly [Uint8Array, Uint8Array]) => void): Segments {
  return around(segments, {
    read() {
      const contents = segments.read();
      if (contents !== undefined) change(contents);
      return contents;
    },
  });
}

/** Mistakes of a write-ahead log. */
export const BUGS_IN_LOG: readonly PlantedBug[] = [
  {
    name: 'a commit is called done before its frame is flushed',
    plant: () => ({
      segments: (segments: Segments, time: Time) =>
        writing(segments, (segment) => {
          // The next one waits for it, and nobody else does.
          let before = Promise.resolve();
          return (at, content, done) => {
            const kept = content.slice();
            before = before.then(() => new Promise((resolve) => segment.write(at, kept, () => resolve())));
            time.afterReads(() => done(undefined));
          };
        }),
    }),
    wishes: { crashes: 3 },
  },
  {
    name: 'a segment is used again before the store behind has flushed what is in it',
    plant: () => ({ behind: doneAtOnce }),
    wishes: { crashes: 3 },
  },
  {
    name: 'what is in the log is not read after a crash',
    plant: () => ({
      segments: (segments) =>
        reading(segments, ([first, second]) => {
          first.fill(0);
          second.fill(0);
        }),
    }),
    wishes: { crashes: 3 },
  },
  {
    name: 'of the log only one segment is read after a crash',
    plant: () => ({ segments: (segments) => reading(segments, ([, second]) => second.fill(0)) }),
    wishes: { crashes: 3 },
  },
];
