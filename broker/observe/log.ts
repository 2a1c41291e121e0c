import { type DestinationStream, pino, stdSerializers } from 'pino';
import { realTime } from '../kernel/time.ts';

/**
 * What a line says beside its sentence: scalars, and as `error` whatever was thrown, whose stack is shown. Never an
 * event's data, a session's key or anything else that is secret.
 */
export type LogFields = { readonly [name: string]: unknown };

/** Told in sentences without variable parts, so that equal things can be counted; what varies is in the fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Lines for people, or one JSON object a line. */
  readonly format: 'text' | 'json';
  /** Takes each finished line, its newline included. */
  readonly write: (line: string) => void;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly wallMs?: () => number;
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export function createLog({ level, format, write, wallMs = realTime.wallMs }: LogOptions): Log {
  const destination: DestinationStream = { write: format === 'json' ? write : (line) => write(textLine(line)) };
  const logger = pino(
    {
      level,
      // Neither process id nor host name: whoever collects the lines adds what it knows better.
      base: null,
      timestamp: () => `,"time":"${new Date(wallMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
      serializers: { error: stdSerializers.err },
    },
    destination,
  );
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}

/** `2026-01-01T00:00:00.000Z INFO  message name=value`; a stack follows on lines of its own. */
function textLine(json: string): string {
  const { time, level, message, ...fields } = JSON.parse(json) as { readonly [name: string]: unknown };
  let said = '';
  let stack = '';
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'object' && value !== null && 'stack' in value) stack += `\n${String(value.stack)}`;
    else said += ` ${name}=${shown(value)}`;
  }
  return `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${String(message)}${said}${stack}\n`;
}

function shown(value: unknown): string {
  const bare = typeof value === 'string' && /^[\w.:/@+-]+$/.test(value);
  return bare ? value : JSON.stringify(value);
}
