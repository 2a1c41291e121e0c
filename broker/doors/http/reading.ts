import type { z } from '../../kernel/schema.ts';
import type { HttpRequest } from '../../transports/transport.ts';
import { nestsDeeper } from './json-depth.ts';
import { HttpProblem } from './problem.ts';
import type { BodyShape } from './route.ts';

/** Far below what the stack has room for, and as deep as data may be that predicates read (`jsonDepthMax`). */
const LEVELS_MAX = 512;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The media type of a body, in lower case and without parameters. Empty where none is said. */
export function mediaType(request: HttpRequest): string {
  return request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The body as its shape wants it. Throws HttpProblem. */
export function readRequestBody(request: HttpRequest, shape: BodyShape<unknown> | undefined): unknown {
  const { body } = request;
  if (body === undefined) throw new HttpProblem('request_too_large', 'the body is longer than the broker accepts');
  if (shape === undefined) return body;
  if (shape.optional === true && body.length === 0) return shape.schema?.parse({}) ?? body;
  const type = mediaType(request) || shape.types[0];
  if (!shape.types.includes(type ?? '') && !shape.types.includes('*/*')) {
    throw new HttpProblem('media_type_unknown', `a body of ${type}; this resource reads ${shape.types.join(', ')}`);
  }
  return shape.schema === undefined ? body : checked(shape.schema, readJson(body), 'body');
}

/** Throws HttpProblem. */
export function readJson(bytes: Uint8Array): unknown {
  if (nestsDeeper(bytes, LEVELS_MAX)) {
    throw new HttpProblem('request_malformed', `the body is nested deeper than ${LEVELS_MAX} levels`);
  }
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw new HttpProblem('request_malformed', `the body is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

/** The query by its names. Throws HttpProblem when one stands twice. */
export function readQuery(query: string): { readonly [name: string]: string } {
  const values: { [name: string]: string } = Object.create(null);
  if (query === '') return values;
  for (const [name, value] of new URLSearchParams(query)) {
    if (name in values) throw new HttpProblem('request_malformed', `${name} stands twice in the query`);
    values[name] = value;
  }
  return values;
}

/** Throws HttpProblem with the field at fault. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [where, ...(issue?.path ?? [])].join('.');
  throw new HttpProblem('request_malformed', `${path}: ${issue?.message ?? 'it is not as it should be'}`.slice(0, 500));
}

/** Throws HttpProblem. */
export function decodedParam(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HttpProblem('request_malformed', 'the path has a % that stands for nothing');
  }
}
