import { ANY, type Template } from '../index.ts';
import { flag, text } from './option-kinds.ts';
import { templateOf } from './tuple-text.ts';

export const SPACE_ARGUMENT = { name: 'space', required: true, meaning: 'its name' } as const;
export const TEMPLATE_ARGUMENT = {
  name: 'template',
  required: false,
  meaning: `as '["bob", "distsys", String]' or '{kind: "resize", size: Number}'; absent: any tuple`,
} as const;

/** What `rd` and `in` can both say of the tuples they want. */
export const templateOptions = {
  when: text('predicate', 'only tuples that satisfy this besides, as \'$1 = "distsys" AND $2 > 4\''),
  now: flag('do not wait: exit code 3 if no tuple fits'),
  all: flag('all that fit now, oldest first'),
};

export const templateDetails = `A template says of each place of an array, or of the fields that matter of an object,
what stands there: a value; String, Number, Boolean, Array or Object for any of that
type; * for anything. In a predicate, $0, $1, … are the places of an array.`;

export function templateIn(text: string | undefined): Template {
  return text === undefined ? ANY : templateOf(text);
}
