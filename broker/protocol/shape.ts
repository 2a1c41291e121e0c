import { ProtocolError } from './codes.ts';

/**
 * Checks the shape of decoded JSON and gives it a type. Small on purpose: the browser client carries it too.
 * `where` names the value for the message, as `creditEvents`; what it is a part of puts its own name before it, as
 * `subscribe.creditEvents`, when there is a fault to tell of. Names made for each field beforehand cost more than the checks.
 */
export type Check<T> = (value: unknown, where: string) => T;
export type Checked<C> = C extends Check<infer T> ? T : never;

function refuse(where: string, wanted: string, value: unknown): never {
  throw new ProtocolError('frame_malformed', `${where} must be ${wanted}, not ${shown(value)}`);
}

/** The same fault, told of by what has the value at fault as a part. */
function within(where: string, fault: unknown): unknown {
  return fault instanceof ProtocolError ? new ProtocolError(fault.code, `${where}${fault.message}`) : fault;
}

/** A value for a message: shortened, and never walked into, because it may be anything. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

export function text(maxUnits: number): Check<string> {
  return (value, where) =>
    typeof value === 'string' && value.length <= maxUnits
      ? value
      : refuse(where, `a text of at most ${maxUnits} characters`, value);
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): Check<number> {
  return (value, where) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? (value as number)
      : refuse(where, `a whole number from ${min} to ${max}`, value);
}

/** A number, 0 or more. */
export const finite: Check<number> = (value, where) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? value
    : refuse(where, 'a number, 0 or more', value);

export const flag: Check<boolean> = (value, where) =>
  typeof value === 'boolean' ? value : refuse(where, 'true or false', value);

/** Anything JSON can say. */
export const json: Check<unknown> = (value, where) =>
  value === undefined ? refuse(where, 'a JSON value', value) : value;

export function oneOf<const T extends readonly string[]>(words: T): Check<T[number]> {
  return (value, where) =>
    words.includes(value as string) ? (value as T[number]) : refuse(where, words.join(' or '), value);
}

export function either<A, B>(first: Check<A>, second: Check<B>, choose: (value: object) => boolean): Check<A | B> {
  return (value, where) =>
    typeof value === 'object' && value !== null && choose(value) ? first(value, where) : second(value, where);
}

export function optional<T>(check: Check<T>): Check<T | undefined> & { readonly optional: true } {
  return Object.assign((value: unknown, where: string) => (value === undefined ? undefined : check(value, where)), {
    optional: true as const,
  });
}

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, where) => (value === null ? null : check(value, where));
}

export function list<T>(check: Check<T>, max: number): Check<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > max) return refuse(where, `a list of at most ${max}`, value);
    let i = 0;
    try {
      const checked: T[] = [];
      for (; i < value.length; i++) checked.push(check(value[i], ''));
      return checked;
    } catch (fault) {
      throw within(`${where}[${i}]`, fault);
    }
  };
}

type Fields = { readonly [name: string]: Check<unknown> };
type OptionalNames<F extends Fields> = {
  [N in keyof F]: F[N] extends { readonly optional: true } ? N : never;
}[keyof F];
type ObjectOf<F extends Fields> = {
  readonly [N in Exclude<keyof F, OptionalNames<F>>]: Checked<F[N]>;
} & { readonly [N in OptionalNames<F>]?: Checked<F[N]> };

/** An object with these fields and no others: an option that is misspelt is refused, never ignored. */
export function object<const F extends Fields>(fields: F): Check<ObjectOf<F>> {
  const names = Object.keys(fields);
  const known = new Map(Object.entries(fields));
  const required = names.filter((name) => !('optional' in (fields[name] as object)));
  return (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(where, 'an object', value);
    const given = value as Record<string, unknown>;
    // Most values are as they are given, and then so is the object.
    let checked = given;
    // By what is there, which is little of what may be there.
    for (const name of Object.keys(given)) {
      const check = known.get(name);
      if (check === undefined) {
        throw new ProtocolError(
          'frame_malformed',
          `${where} has no field ${JSON.stringify(name).slice(0, 60)}; it has ${names.join(', ')}`,
        );
      }
      const result = checkField(check, given[name], name, where);
      if (result === given[name]) continue;
      if (checked === given) checked = { ...given };
      checked[name] = result;
    }
    for (const name of required) {
      if (!Object.hasOwn(given, name)) checkField(fields[name] as Check<unknown>, undefined, name, where);
    }
    return checked as ObjectOf<F>;
  };
}

function checkField(check: Check<unknown>, value: unknown, name: string, where: string): unknown {
  try {
    return check(value, name);
  } catch (fault) {
    throw within(`${where}.`, fault);
  }
}

/** A flat map of names to scalars, as attributes are. */
export const scalars: Check<{ readonly [name: string]: string | number | boolean }> = (value, where) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(where, 'an object', value);
  for (const [name, scalar] of Object.entries(value)) {
    if (!['string', 'number', 'boolean'].includes(typeof scalar)) {
      return refuse(`${where}.${name}`, 'a text, a number or a boolean', scalar);
    }
  }
  return value as { readonly [name: string]: string | number | boolean };
};
