/** What can be set, where it came from, and what is wrong with it. Pure: the process reads flags, environment and file. */

export {
  ConfigError,
  type ConfigInputs,
  type ConfigRow,
  completeConfig,
  type LoadedConfig,
  loadConfig,
} from './load.ts';
export { CLIENT_VARIABLES, ENV_PREFIX, envOf, flagOf } from './names.ts';
export { type Config, defaultConfig, OPTION_NAMES, OPTIONS, type OptionName } from './options.ts';
