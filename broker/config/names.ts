import { OPTION_NAMES, type OptionName } from './options.ts';

export const ENV_PREFIX = 'TELLWHEN_';

/** `leasesMax` → `--leases-max`. */
export function flagOf(name: OptionName): string {
  return `--${words(name).join('-')}`;
}

/** `leasesMax` → `TELLWHEN_LEASES_MAX`. */
export function envOf(name: OptionName): string {
  return `${ENV_PREFIX}${words(name).join('_').toUpperCase()}`;
}

function words(name: string): readonly string[] {
  return name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

/** Finds the option that a place calls by its own kind of name. */
export function optionsBy(nameOf: (name: OptionName) => string): ReadonlyMap<string, OptionName> {
  return new Map(OPTION_NAMES.map((name) => [nameOf(name), name]));
}
