import { parseDuration } from './duration.ts';
import { UsageError } from './usage-error.ts';

/** One option of a command: how it is shown, and what its texts mean. */
export interface OptionKind<T> {
  /** What stands for the value in the help. Absent: the option takes none. */
  readonly placeholder?: string;
  readonly meaning: string;
  /** Left out of the help; it works all the same. */
  readonly hidden?: boolean;
  /** `given`: each text it was given with, in order. Throws UsageError. */
  readonly parse: (given: readonly string[], flag: string) => T;
}

export type OptionKinds = { readonly [name: string]: OptionKind<unknown> };
export type OptionValues<O extends OptionKinds> = {
  readonly [K in keyof O]: O[K] extends OptionKind<infer T> ? T : never;
};

/** `leaseMs` is `--lease-ms`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function flag(meaning: string): OptionKind<boolean> {
  return { meaning, parse: (given) => given.length > 0 };
}

/** May be repeated. */
export function texts(placeholder: string, meaning: string): OptionKind<readonly string[]> {
  return { placeholder, meaning, parse: (given) => given };
}

export function text(placeholder: string, meaning: string): OptionKind<string | undefined> {
  return once(placeholder, meaning, (value) => value);
}

export function count(placeholder: string, meaning: string): OptionKind<number | undefined> {
  return integer(1, placeholder, meaning);
}

/** The broker's number of something; they begin with 0. */
export function number(placeholder: string, meaning: string): OptionKind<number | undefined> {
  return integer(0, placeholder, meaning);
}

export function duration(placeholder: string, meaning: string): OptionKind<number | undefined> {
  return once(placeholder, meaning, (value, name) => {
    const ms = parseDuration(value);
    if (ms !== undefined) return ms;
    throw new UsageError(`${name} wants a duration such as 500ms, 10s or 5m, not "${value}"`);
  });
}

export function word<W extends string>(words: readonly W[], meaning: string): OptionKind<W | undefined> {
  return once('word', `${meaning} (${words.join(', ')})`, (value, name) => {
    const known = words.find((candidate) => candidate === value);
    if (known !== undefined) return known;
    throw new UsageError(`${name} wants one of ${words.join(', ')}, not "${value}"`);
  });
}

function integer(min: number, placeholder: string, meaning: string): OptionKind<number | undefined> {
  return once(placeholder, meaning, (value, name) => {
    const given = Number(value);
    if (/^\d+$/.test(value) && given >= min && Number.isSafeInteger(given)) return given;
    throw new UsageError(`${name} wants a whole number of ${min} or more, not "${value}"`);
  });
}

function once<T>(
  placeholder: string,
  meaning: string,
  parse: (value: string, flag: string) => T,
): OptionKind<T | undefined> {
  return {
    placeholder,
    meaning,
    parse: (given, name) => {
      const [value] = given;
      if (given.length > 1) throw new UsageError(`${name} is given ${given.length} times; once is enough`);
      return value === undefined ? undefined : parse(value, name);
    },
  };
}
