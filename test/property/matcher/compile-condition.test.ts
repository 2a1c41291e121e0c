import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCondition, evaluate } from '../../../matcher/index.ts';
import { arbitraryCondition, arbitraryEvent } from '../../support/arbitrary-predicates.ts';

describe('a compiled condition', () => {
  it('says of every event what the oracle says', () => {
    fc.assert(
      fc.property(
        arbitraryCondition(),
        fc.array(arbitraryEvent(), { minLength: 1, maxLength: 5 }),
        (condition, events) => {
          const judge = compileCondition(condition);
          expect(events.map(judge)).toEqual(events.map((event) => evaluate(condition, event)));
        },
      ),
      { numRuns: 5000 },
    );
  });
});
