import { FilterError } from '../../matcher/index.ts';
import type { Log } from '../observe/log.ts';
import { type Code, ProtocolError } from '../protocol/index.ts';

export interface Refusal {
  readonly code: Code;
  readonly message: string;
  readonly offset?: number;
}

/** What to tell a client whose request threw. Anything but a known refusal is a fault of ours: logged, and not shown. */
export function refusalOf(error: unknown, log: Log): Refusal {
  if (error instanceof FilterError) return { code: error.code, message: error.message, offset: error.offset };
  if (error instanceof ProtocolError) {
    const { code, message, offset } = error;
    return offset === undefined ? { code, message } : { code, message, offset };
  }
  log.error('a request failed', { error });
  return { code: 'internal', message: 'a fault of the broker; its log says more' };
}
