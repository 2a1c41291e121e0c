/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What a space holds: a JSON array, as Linda has it, or an object. */
export type Tuple = readonly Json[] | { readonly [name: string]: Json };

const BRAND = Symbol('ANY');

/** The type of `ANY`, of which there is one value. */
export interface AnyValue {
  readonly [BRAND]: true;
}

/** In a template: anything, as long as it is there. */
export const ANY: AnyValue = Object.freeze({ [BRAND]: true as const });

/** In a template: any value of a type. */
export type TypeTemplate =
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | ArrayConstructor
  | ObjectConstructor;

/** What one place of a template may say: a value, a type, anything; and inside of an object or array, the same again. */
export type FieldTemplate =
  | null
  | boolean
  | number
  | string
  | AnyValue
  | TypeTemplate
  | readonly FieldTemplate[]
  | { readonly [name: string]: FieldTemplate };

/**
 * What is looked for. Of an array, every position: it fits arrays of the same length. Of an object, the fields that
 * matter: it fits objects that have them, whatever else they have.
 *
 *     ['alice', 'distsys', String]              three places, the third a text
 *     { kind: 'resize', size: Number }          an object that has these two, and perhaps more
 *     ANY                                       any tuple at all
 */
export type Template = readonly FieldTemplate[] | { readonly [name: string]: FieldTemplate } | AnyValue;

/** The type of the tuples that fit a template. What it says of a value is so; the broker has looked. */
export type TupleOf<T> = Template extends T ? Tuple : T extends AnyValue ? Tuple : ValueOf<T>;

type ValueOf<T> = T extends AnyValue
  ? Json
  : T extends StringConstructor
    ? string
    : T extends NumberConstructor
      ? number
      : T extends BooleanConstructor
        ? boolean
        : T extends ArrayConstructor
          ? Json[]
          : T extends ObjectConstructor
            ? { [name: string]: Json }
            : T extends readonly unknown[]
              ? { -readonly [K in keyof T]: ValueOf<T[K]> }
              : T extends object
                ? { -readonly [K in keyof T]: ValueOf<T[K]> } & { [name: string]: Json }
                : T;
