/** A command could not do what it was asked to; the message says why, and what to do about it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** For programs. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
