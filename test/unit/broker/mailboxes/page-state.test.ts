import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EntryTrace, PageState } from '../../../../broker/mailboxes/page-state.ts';

const index = fc.nat(300);
const step = fc.oneof(
  fc.record({ kind: fc.constant('settle' as const), index }),
  fc.record({ kind: fc.constant('unsettle' as const), index }),
  fc.record({ kind: fc.constant('trace' as const), index, attempt: fc.nat(100), retentionMs: fc.nat() }),
  fc.record({ kind: fc.constant('restart' as const), index }),
);

describe('PageState', () => {
  it('is what a set and a map are, whatever is done to it and however often it is stored', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(), (steps, settledAtMs) => {
        const settled = new Set<number>();
        const traces = new Map<number, EntryTrace>();
        let state = new PageState();
        state.settledAtMs = settledAtMs;
        for (const one of steps) {
          if (one.kind === 'settle') {
            const isNew = !settled.has(one.index);
            expect(state.settle(one.index)).toBe(isNew);
            settled.add(one.index);
            if (isNew) traces.delete(one.index);
          } else if (one.kind === 'unsettle') {
            state.unsettle(one.index);
            settled.delete(one.index);
          } else if (one.kind === 'trace') {
            const { attempt, retentionMs } = one;
            state.setTrace(one.index, { attempt, retentionMs });
            traces.set(one.index, { attempt, retentionMs });
          } else {
            const read = new PageState();
            read.read(state.bytes());
            state = read;
          }
        }
        expect(state.settledCount).toBe(settled.size);
        expect(state.settledAtMs).toBe(settledAtMs);
        for (let i = 0; i <= 320; i++) {
          expect(state.isSettled(i)).toBe(settled.has(i));
          expect(state.trace(i)).toEqual(traces.get(i));
        }
      }),
      { numRuns: 200 },
    );
  });
});
