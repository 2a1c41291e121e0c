import type { Time } from '../../../../broker/kernel/time.ts';
import type { Store } from '../../../../broker/store/store.ts';

/** A store that differs from another in what is given. */
export function around(store: Store, otherwise: Partial<Store>): Store {
  return {
    durability: store.durability,
    get: (key) => store.get(key),
    range: (range) => store.range(range),
    commit: (changes, done) => store.commit(changes, done),
    space: () => store.space(),
    backup: (directory) => store.backup(directory),
    close: () => store.close(),
    ...otherwise,
  };
}

/** Its commits are called done before they are flushed. */
export function doneAtOnce(store: Store, time: Time): Store {
  return around(store, {
    commit(changes, done) {
      store.commit(changes, () => {});
      time.afterReads(() => done(undefined));
    },
  });
}
