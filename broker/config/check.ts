import { z } from '../kernel/schema.ts';
import { OPTION_NAMES, OPTIONS, type Option, type OptionName, type OptionValue } from './options.ts';

/** What is wrong with a value, as the end of a sentence about it; or the value as its option has it. */
export type CheckedValue = { readonly value: OptionValue } | { readonly fault: string };

const NUMBER = /^\d{1,16}$/;

/** Flags and the environment have no numbers, only texts that look like them; in a file a number is a number. So with truth. */
const numberFromText = z.string().regex(NUMBER).transform(Number);
const truthFromText = z.enum(['true', 'false']).transform((text) => text === 'true');

function schemaOf(option: Option, textual: boolean): z.ZodType<OptionValue> {
  switch (option.type) {
    case 'integer': {
      const whole = z.number().int().min(option.min).max(option.max);
      return textual ? numberFromText.pipe(whole) : whole;
    }
    case 'word':
      return z.enum(option.words);
    case 'text':
      return z.string().min(option.charactersMin).max(option.charactersMax);
    case 'flag':
      return textual ? truthFromText : z.boolean();
  }
}

function wanted(option: Option): string {
  switch (option.type) {
    case 'integer':
      return `a whole number from ${option.min} to ${option.max}`;
    case 'word':
      return option.words.join(' or ');
    case 'text':
      return `a text of ${option.charactersMin} to ${option.charactersMax} characters`;
    case 'flag':
      return 'true or false';
  }
}

function schemas(textual: boolean): ReadonlyMap<OptionName, z.ZodType<OptionValue>> {
  return new Map(OPTION_NAMES.map((name) => [name, schemaOf(OPTIONS[name], textual)]));
}

const textSchemas = schemas(true);
const jsonSchemas = schemas(false);

/** Checks a value out of a flag or the environment. */
export function checkText(name: OptionName, given: string): CheckedValue {
  return check(name, textSchemas.get(name)?.safeParse(given), given);
}

/** Checks a value out of a JSON file. */
export function checkJson(name: OptionName, given: unknown): CheckedValue {
  return check(name, jsonSchemas.get(name)?.safeParse(given), given);
}

function check(name: OptionName, result: z.ZodSafeParseResult<OptionValue> | undefined, given: unknown): CheckedValue {
  if (result?.success) return { value: result.data };
  // A program may give what JSON has no form for.
  const shown = typeof given === 'bigint' ? `${given}n` : (JSON.stringify(given) ?? typeof given);
  const short = shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
  return { fault: `must be ${wanted(OPTIONS[name])}, not ${short}` };
}
