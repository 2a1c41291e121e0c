import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../../client/cli/command-error.ts';
import { failureLines, plainError } from '../../../../client/cli/failure.ts';
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

describe('plainError', () => {
  it('has the code, the message and the cause', () => {
    const cause = new Error('connect ECONNREFUSED');
    expect(plainError(new TellwhenError('connection_failed', 'cannot connect', { cause }))).toEqual({
      code: 'connection_failed',
      message: 'cannot connect',
      cause: 'connect ECONNREFUSED',
    });
  });

  it('has the place of a fault', () => {
    const error = new TellwhenError('predicate_syntax', 'a value is expected', { text: 'a > > 1', offset: 4 });
    expect(plainError(error)).toEqual({ code: 'predicate_syntax', message: 'a value is expected', offset: 4 });
  });

  it('has a code for what is not the library’s', () => {
    expect(plainError(new UsageError('wrong')).code).toBe('usage');
    expect(plainError(new CommandError('command_failed', 'it exited with 1')).code).toBe('command_failed');
    expect(plainError(new Error('a bug')).code).toBe('internal');
  });
});
