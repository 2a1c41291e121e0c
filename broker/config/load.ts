import { type CheckedValue, checkJson, checkText } from './check.ts';
import { ENV_PREFIX, envOf, flagOf, optionsBy } from './names.ts';
import { type Config, defaultConfig, OPTION_NAMES, OPTIONS, type OptionName, type OptionValue } from './options.ts';
import { brokenRelations, followers } from './relations.ts';
import { repeatedKeys } from './repeated-keys.ts';
import { nearest } from './suggest.ts';

/** Where options are given. Each later one of file, environment and flags wins over those before it. */
export interface ConfigInputs {
  /** As they stand on the command line, `--config` taken out: `--port 80`, `--port=80`. */
  readonly flags?: readonly string[];
  /** What does not begin with `TELLWHEN_` is not looked at; what does and is not an option must be taken out. */
  readonly env?: { readonly [name: string]: string | undefined };
  /** A JSON object of option names and values. */
  readonly file?: { readonly path: string; readonly text: string } | undefined;
}

/**
 * Where a value came from: `default`; the flag, the environment variable or the file that said so; or the total that was
 * set below its default.
 */
export type Source = string;

export interface ConfigRow {
  readonly name: OptionName;
  readonly value: OptionValue;
  readonly source: Source;
  readonly flag: string;
  readonly env: string;
  readonly meaning: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** One for each option, in the order of the table. */
  readonly rows: readonly ConfigRow[];
}

/** Everything that is wrong, found in one go. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the configuration is refused:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

const BY_FLAG = optionsBy(flagOf);
const BY_ENV = optionsBy(envOf);
const BY_NAME = optionsBy((name) => name);

/** Throws ConfigError when anything given is unknown, out of its bounds or at odds with the rest. */
export function loadConfig({ flags = [], env = {}, file }: ConfigInputs): LoadedConfig {
  const draft = new Draft();
  if (file !== undefined) readFile(file, draft);
  readEnv(env, draft);
  readFlags(flags, draft);
  return draft.finish();
}

/**
 * Fills in the default of what is not given, or given as `undefined`. For programs; checks as `loadConfig` does, and
 * throws ConfigError likewise.
 */
export function completeConfig(partial: Partial<Config>): Config {
  const draft = new Draft();
  for (const [key, value] of Object.entries(partial)) if (value !== undefined) takeNamed(key, key, value, draft);
  return draft.finish().config;
}

class Draft {
  readonly #values = new Map<OptionName, { readonly value: OptionValue; readonly source: Source }>();
  readonly #faults: string[] = [];
  readonly #faulty = new Set<OptionName>();

  take(name: OptionName, source: Source, checked: CheckedValue): void {
    if ('fault' in checked) {
      this.#faulty.add(name);
      this.refuse(`${source} ${checked.fault}`);
    } else this.#values.set(name, { value: checked.value, source });
  }

  refuse(fault: string): void {
    this.#faults.push(fault);
  }

  unknown(what: string, given: string, known: ReadonlyMap<string, OptionName>): void {
    const meant = nearest(given, known.keys());
    this.refuse(`${what} is not an option${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }

  finish(): LoadedConfig {
    const given = configOf((name) => this.#values.get(name)?.value ?? defaultConfig[name]);
    const followed = followers(given, new Set(this.#values.keys()));
    const config = configOf((name) => given[followed.get(name) ?? name]);
    const faults = [...this.#faults, ...brokenRelations(config, this.#faulty)];
    if (faults.length > 0) throw new ConfigError(faults);
    const rows = OPTION_NAMES.map((name) => ({
      name,
      value: config[name],
      source: followed.get(name) ?? this.#values.get(name)?.source ?? 'default',
      flag: flagOf(name),
      env: envOf(name),
      meaning: OPTIONS[name].meaning,
    }));
    return { config, rows };
  }
}

function configOf(read: (name: OptionName) => OptionValue): Config {
  return Object.fromEntries(OPTION_NAMES.map((name) => [name, read(name)])) as unknown as Config;
}

function readFile({ path, text }: { readonly path: string; readonly text: string }, draft: Draft): void {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    draft.refuse(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    draft.refuse(`${path} must hold one JSON object`);
    return;
  }
  for (const key of repeatedKeys(text)) draft.refuse(`${key} is given twice in ${path}`);
  for (const [key, value] of Object.entries(given)) takeNamed(key, `${key} in ${path}`, value, draft);
}

function takeNamed(key: string, source: Source, value: unknown, draft: Draft): void {
  const name = BY_NAME.get(key);
  if (name === undefined) draft.unknown(source, key, BY_NAME);
  else draft.take(name, source, checkJson(name, value));
}

function readEnv(env: { readonly [name: string]: string | undefined }, draft: Draft): void {
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || text === undefined) continue;
    const name = BY_ENV.get(variable);
    if (name === undefined) draft.unknown(variable, variable, BY_ENV);
    else draft.take(name, variable, checkText(name, text));
  }
}

function readFlags(flags: readonly string[], draft: Draft): void {
  const seen = new Set<string>();
  for (let i = 0; i < flags.length; i++) {
    const argument = flags[i] as string;
    const equals = argument.indexOf('=');
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const name = BY_FLAG.get(flag);
    if (name === undefined) {
      draft.unknown(flag, flag, BY_FLAG);
      // What follows may be its value, and is not worth a complaint of its own.
      if (equals < 0 && flags[i + 1]?.startsWith('--') === false) i++;
      continue;
    }
    if (seen.has(flag)) draft.refuse(`${flag} is given twice`);
    seen.add(flag);
    if (OPTIONS[name].type === 'flag' && equals < 0) {
      draft.take(name, flag, { value: true });
      continue;
    }
    const value = equals < 0 ? flags[++i] : argument.slice(equals + 1);
    if (value === undefined || (equals < 0 && value.startsWith('--'))) {
      draft.refuse(`${flag} needs a value`);
      if (value !== undefined) i--;
    } else draft.take(name, flag, checkText(name, value));
  }
}
