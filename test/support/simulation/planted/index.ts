import { BUGS_IN_CODE } from './in-code.ts';
import { BUGS_IN_LOG } from './in-log.ts';
import { BUGS_IN_SURROUNDINGS } from './in-surroundings.ts';
import type { PlantedBug } from './planted-bug.ts';

export type { PlantedBug } from './planted-bug.ts';

export const PLANTED_BUGS: readonly PlantedBug[] = [...BUGS_IN_SURROUNDINGS, ...BUGS_IN_LOG, ...BUGS_IN_CODE];
