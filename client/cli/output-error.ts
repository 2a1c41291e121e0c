/** What was to be printed is not. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  /** The reader has gone, as `head` does when it has enough: that is no error of anybody's. */
  readonly readerGone: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super(`cannot write the output: ${cause.message}`, { cause });
    this.readerGone = cause.code === 'EPIPE';
  }
}
