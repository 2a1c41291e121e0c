/** As `await` sees it: not every promise is a Promise. */
export function isThenable<T>(value: T): value is Extract<T, PromiseLike<unknown>> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return 'then' in value && typeof value.then === 'function';
}
