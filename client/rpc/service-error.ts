/** A failure as a service means it: a handler throws it, and whoever asked is rejected with the same. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** A word of the service's own, for programs to decide by; at most 128 characters. */
  readonly code: string;
  /** Whatever JSON has a form for, where that says more. */
  readonly data: unknown;

  constructor(code: string, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The handler threw something that is no ServiceError. What it was, only its own process is told. */
export const HANDLER_FAILED = 'handler_failed';
