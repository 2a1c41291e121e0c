import { type CompiledFilter, compileFilter, type Filter } from './filter.ts';
import { charactersCeiling, depthCeiling, type PredicateLimits } from './language/limits.ts';

/** What was accepted once is accepted again, whatever the limits are now. */
const NO_LIMITS: PredicateLimits = {
  charactersMax: charactersCeiling,
  depthMax: depthCeiling,
  atomsMax: Number.MAX_SAFE_INTEGER,
  literalsMax: Number.MAX_SAFE_INTEGER,
};

/** Compiles a filter that is held: of those only the text is kept. Cost: as `compileFilter`. */
export function recompile(filter: Filter): CompiledFilter {
  return compileFilter(filter, NO_LIMITS);
}
