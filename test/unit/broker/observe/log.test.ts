import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions, silentLog } from '../../../../broker/observe/log.ts';

function logTo(options: Omit<LogOptions, 'write'>) {
  const lines: string[] = [];
  return { lines, log: createLog({ ...options, write: (line) => void lines.push(line), wallMs: () => 0 }) };
}

describe('log', () => {
  it('as JSON: one object a line', () => {
    const { lines, log } = logTo({ level: 'info', format: 'json' });
    log.warn('slow consumer', { connections: 3, note: 'two\nlines' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: '1970-01-01T00:00:00.000Z',
      connections: 3,
      note: 'two\nlines',
      message: 'slow consumer',
    });
  });

  it('as text: time, level, sentence, fields that cannot be taken for lines of their own', () => {
    const { lines, log } = logTo({ level: 'info', format: 'text' });
    log.info('listening', { host: '::1', port: 8355, note: 'two\nlines', absent: undefined });
    expect(lines).toEqual(['1970-01-01T00:00:00.000Z INFO  listening host=::1 port=8355 note="two\\nlines"\n']);
  });

  it('shows the stack of an error', () => {
    for (const format of ['text', 'json'] as const) {
      const { lines, log } = logTo({ level: 'info', format });
      log.error('a fault in a handler', { error: new TypeError('no such thing') });
      expect(lines[0]).toContain('TypeError: no such thing');
      expect(lines[0]).toContain('log.test.ts');
    }
  });

  it('takes for an error whatever was thrown', () => {
    const { lines, log } = logTo({ level: 'info', format: 'text' });
    log.error('a fault in a handler', { error: 'just words' });
    log.error('a fault in a handler', { error: undefined });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('error="just words"');
  });

  it('leaves out what is below its level', () => {
    const { lines, log } = logTo({ level: 'warn', format: 'json' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['c', 'd']);
  });

  it('can be silent', () => {
    const { lines, log } = logTo({ level: 'silent', format: 'json' });
    log.error('a');
    silentLog.error('b');
    expect(lines).toEqual([]);
  });
});
