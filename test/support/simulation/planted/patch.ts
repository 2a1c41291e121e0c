/**
 * Puts `make(original)` in the place of a method; answers how to undo it. Called with the object as `this`, as methods
 * are.
 */
export function patch<C extends object, N extends keyof C>(
  prototype: C,
  name: N,
  make: (original: C[N]) => C[N],
): () => void {
  const original = prototype[name];
  prototype[name] = make(original);
  return () => {
    prototype[name] = original;
  };
}
