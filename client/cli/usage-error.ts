/** What was typed cannot be done; nothing was sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
