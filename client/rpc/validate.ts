import { TellwhenError } from '../errors.ts';

/**
 * What checks a value and gives it a type: a schema of any library that keeps to Standard Schema 1 (standardschema.dev),
 * as zod, valibot and arktype do; or a function that returns the value, perhaps another, and throws if it is none.
 */
export type Validator<T> = StandardSchema<T> | ((value: unknown) => T);
/** What a validator lets through. */
export type Valid<V> = V extends Validator<infer T> ? T : never;

/** The part of Standard Schema that is used here, so that no package is needed for it. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>;
    readonly types?: { readonly output: T } | undefined;
  };
}

type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Why a value is none of its type, each with where. */
export interface Issue {
  /** As `items.0.price`; empty: the value itself. */
  readonly path: string;
  readonly message: string;
}

/** More are not told. */
const ISSUES_MAX = 20;

/** Resolves with the value as the validator returns it, or with what is wrong with it. */
export async function validated<T>(
  validator: Validator<T>,
  value: unknown,
): Promise<{ readonly value: T } | { readonly issues: readonly Issue[] }> {
  if (isSchema(validator)) {
    const result = await validator['~standard'].validate(value);
    return result.issues === undefined
      ? { value: result.value }
      : { issues: result.issues.slice(0, ISSUES_MAX).map(issueOf) };
  }
  try {
    return { value: validator(value) };
  } catch (error) {
    return { issues: [{ path: '', message: error instanceof Error ? error.message : String(error) }] };
  }
}

/** As one line, for people. */
export function issuesText(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/** Throws TellwhenError `invalid_argument` for what is neither schema nor function. */
export function checkValidator(what: string, validator: unknown): void {
  if (typeof validator === 'function' || isSchema(validator)) return;
  throw new TellwhenError('invalid_argument', `${what} must be a Standard Schema or a function that checks a value`);
}

function isSchema<T>(validator: Validator<T> | unknown): validator is StandardSchema<T> {
  return (
    (typeof validator === 'object' || typeof validator === 'function') &&
    validator !== null &&
    '~standard' in validator &&
    (validator as StandardSchema<never>)['~standard']?.version === 1
  );
}

function issueOf({ message, path = [] }: StandardIssue): Issue {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return { path: keys.join('.'), message };
}
