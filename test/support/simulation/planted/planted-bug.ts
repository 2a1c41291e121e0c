import type { ProfileWishes } from '../profile.ts';
import type { Plant } from '../world.ts';

/** A mistake that a broker could make, and which the checkers must find. */
export interface PlantedBug {
  readonly name: string;
  /** Called for each run. */
  readonly plant: () => Plant;
  /** Circumstances in which it shows. */
  readonly wishes?: ProfileWishes;
}
