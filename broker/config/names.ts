import { OPTION_NAMES, type OptionName } from './options.ts';

export const ENV_PREFIX = 'TELLWHEN_';

/** The client's, which may stand beside ours: a broker may be started where a client was, or by what it runs. */
export const CLIENT_VARIABLES = [
  `${ENV_PREFIX}URL`,
  `${ENV_PREFIX}EVENT_TOPIC`,
  `${ENV_PREFIX}EVENT_SEQ`,
  `${ENV_PREFIX}EVENT_ID`,
  `${ENV_PREFIX}EVENT_ATTEMPT`,
  `${ENV_PREFIX}EVENT_CONTENT_TYPE`,
  `${ENV_PREFIX}REQUEST_TOPIC`,
  `${ENV_PREFIX}REQUEST_ID`,
  `${ENV_PREFIX}REQUEST_ATTEMPT`,
  `${ENV_PREFIX}REQUEST_CONTENT_TYPE`,
  `${ENV_PREFIX}REQUEST_REMAINING_MS`,
] as const;

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
