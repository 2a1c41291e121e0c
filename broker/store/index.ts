/** What others than the broker itself want of its store. */
export type { CheckOptions, KindCount } from './check-store.ts';
export { type Look, openForLook } from './look.ts';
export { StoreError } from './store.ts';
