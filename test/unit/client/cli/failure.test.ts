import { describe, expect, it } from 'vitest';
import { failureLines } from '../../../../client/cli/failure.ts';
import { UsageError } from '../../../../client/cli/usage-error.ts';
import { TellwhenError } from '../../../../client/index.ts';

describe('failureLines', () => {
  it('points at the fault of a predicate', () => {
    const error = new TellwhenError('predicate_syntax', 'a value is expected', { text: 'a > > 1', offset: 4 });
    expect(failureLines(error).slice(0, 3)).toEqual([
      'error: a value is expected (predicate_syntax)',
      '  a > > 1',
      '      ^',
    ]);
  });

  it('says how to start a broker when there is none, and why the connection failed', () => {
    const cause = new Error('connect ECONNREFUSED');
    const [first, second] = failureLines(new TellwhenError('connection_failed', 'cannot connect', { cause }));
    expect(first).toBe('error: cannot connect: connect ECONNREFUSED (connection_failed)');
    expect(second).toContain('is the broker running?');
  });

  it('sends who typed something wrong to the help', () => {
    expect(failureLines(new UsageError('wrong'))).toEqual(['error: wrong', '(--help shows how it is used)']);
  });
});
