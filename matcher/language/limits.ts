/** How much one predicate may ask for. Over a limit it is refused when it is parsed, never truncated. */
export interface PredicateLimits {
  /** UTF-16 code units of text. At most {@link charactersCeiling}. */
  readonly charactersMax: number;
  /** Nesting: brackets, NOT, unary minus and chained arithmetic operators around one point; also steps of a path. */
  readonly depthMax: number;
  /** Conditions other than AND, OR and NOT. */
  readonly atomsMax: number;
  /** Literals in the whole predicate, members of IN lists included. */
  readonly literalsMax: number;
}

/** What a broker grants when its configuration says nothing. */
export const defaultPredicateLimits: PredicateLimits = {
  charactersMax: 8192,
  depthMax: 64,
  atomsMax: 256,
  literalsMax: 1024,
};

/** Largest `charactersMax`: marks.ts has placeholders for so many. */
export const charactersCeiling = 16_384;

/** Largest `depthMax`: conditions this deep are walked by recursion, far inside any stack. */
export const depthCeiling = 256;

/**
 * Longest stretch of a LIKE pattern that is searched for and has `_` in it, in code points: two machine words. See
 * `isSearchable` in like.ts. Not an option: it is what keeps a test's cost linear.
 */
export const wildcardPartMax = 64;

/** As much as can be asked for. What was accepted once is read again with these, whatever the limits are by then. */
export const predicateCeilings: PredicateLimits = {
  charactersMax: charactersCeiling,
  depthMax: depthCeiling,
  atomsMax: Number.MAX_SAFE_INTEGER,
  literalsMax: Number.MAX_SAFE_INTEGER,
};

const limitNames = ['charactersMax', 'depthMax', 'atomsMax', 'literalsMax'] as const;

/**
 * The defaults with the given limits in their place.
 *
 * @throws RangeError if a limit is not a positive integer, or is over its ceiling: a mistake of configuration, not of
 * a subscriber.
 */
export function completeLimits(limits: Partial<PredicateLimits> | undefined): PredicateLimits {
  if (limits === undefined || limits === defaultPredicateLimits) return defaultPredicateLimits;
  const complete = { ...defaultPredicateLimits, ...limits };
  for (const name of limitNames) {
    const value = complete[name];
    const ceiling = predicateCeilings[name];
    if (!Number.isSafeInteger(value) || value < 1 || value > ceiling) {
      throw new RangeError(`${name} must be an integer from 1 to ${ceiling}, not ${value}`);
    }
  }
  return complete;
}
