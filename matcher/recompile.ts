import { type CompiledFilter, compileFilter, type Filter } from './filter.ts';
import { predicateCeilings } from './language/limits.ts';

/** Compiles a filter that is held, whatever the limits are now: of those only the text is kept. Cost: as `compileFilter`. */
export function recompile(filter: Filter): CompiledFilter {
  return compileFilter(filter, predicateCeilings);
}
