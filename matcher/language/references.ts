import { FilterError } from '../filter-error.ts';
import type { EnvelopeName, Reference } from './ast.ts';
import type { Tree } from './jsep-front.ts';
import type { Marks } from './marks.ts';

const envelopeNames: ReadonlyMap<string, EnvelopeName> = new Map(
  (['topic', 'source', 'id', 'time', 'size', 'contentType'] as const).map((name) => [name, name]),
);

/**
 * What a path reads. A bare first name is a field of the JSON data. Names with a dollar belong to the language:
 *
 * - `$topic`, `$source`, `$id`, `$time`, `$size`, `$contentType`: the envelope, without further steps;
 * - `$attr.x`, `$attr['x y']`: one attribute;
 * - `$data.x`, `$data['x y']`, `$data[0]`: a field of the data that cannot be written bare, because it is a keyword, is no
 *   name, starts with a dollar, or because the data is an array. `$data.x` and `x` are the same reference.
 *
 * @throws FilterError `predicate_unsupported` for any other `$` name, and for steps where there are none
 */
export function referenceFrom(text: string, node: Tree, marks: Marks): Reference {
  const steps = stepsOf(node, marks);
  const [first, ...rest] = steps;
  const span = marks.spanOf(node);
  if (typeof first !== 'string' || !first.startsWith('$')) return { kind: 'data', path: steps, span };
  const refuse = (message: string): FilterError => new FilterError('predicate_unsupported', message, text, span.start);
  if (first === '$data') {
    if (rest.length === 0) throw refuse('$data wants a field, as in $data.x');
    return { kind: 'data', path: rest, span };
  }
  if (first === '$attr') {
    const [name] = rest;
    if (rest.length !== 1 || typeof name !== 'string') throw refuse('$attr wants one name, as in $attr.x');
    return { kind: 'attribute', name, span };
  }
  const name = envelopeNames.get(first.slice(1));
  if (name === undefined) throw refuse(`there is no ${first}; a field of that name is $data.${first}`);
  if (rest.length > 0) throw refuse(`${first} is a single value`);
  return { kind: 'envelope', name, span };
}

/** The steps of a path, outermost first. */
function stepsOf(node: Tree, marks: Marks): (string | number)[] {
  const steps: (string | number)[] = [];
  while (node.type === 'MemberExpression') {
    steps.push(stepOf(node.property, marks));
    node = node.object;
  }
  steps.push(stepOf(node, marks));
  return steps.reverse();
}

/** `arrange` has seen to it that a step is a name, a string or a whole number. */
function stepOf(node: Tree, marks: Marks): string | number {
  const value = node.type === 'Identifier' ? marks.of(node).value : undefined;
  return typeof value === 'number' ? value : String(value);
}
