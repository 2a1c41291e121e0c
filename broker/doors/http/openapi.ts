import { z } from '../../kernel/schema.ts';
import { PROBLEM_TYPE } from './problem.ts';
import type { AnswerShape, BodyShape, Route } from './route.ts';
import { problem } from './schemas.ts';

type JsonObject = { readonly [name: string]: unknown };

type SharedSchemas = { [name: string]: JsonObject };

const JSON_TYPE = 'application/json';

/** The door's description, as OpenAPI 3.1 has it, out of the very shapes that validate. */
export function describeDoor(routes: readonly Route[], version: string): JsonObject {
  const shared: SharedSchemas = {};
  const paths: { [path: string]: { [method: string]: JsonObject } } = {};
  for (const route of routes) {
    const path = route.path.replaceAll('+}', '}');
    const methods = paths[path] ?? {};
    methods[route.method.toLowerCase()] = operationOf(route, shared);
    paths[path] = methods;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tellwhen over HTTP',
      version,
      summary: 'A publish-subscribe event broker that you tell when.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: { Problem: schemaOf(problem, 'output', {}), ...shared } },
  };
}

function operationOf(route: Route, shared: SharedSchemas): JsonObject {
  const { method, path, summary, tag, body, answers } = route;
  return {
    operationId: operationId(method, path),
    summary,
    tags: [tag],
    parameters: parametersOf(route, shared),
    ...(body !== undefined && { requestBody: bodyOf(body, shared) }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer, shared)])),
      default: {
        description: 'Refused; `code` says why, for programs.',
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** As `getSubscriptionsIdEvents`. */
function operationId(method: string, path: string): string {
  const words = path
    .replace('/v1/', '')
    .split(/\W+/)
    .filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
}

function parametersOf({ path, query, headers = {} }: Route, shared: SharedSchemas): readonly JsonObject[] {
  const inPath = [...path.matchAll(/\{(\w+)(\+?)\}/g)].map(([, name, rest]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...(rest === '+' && { description: 'May contain slashes.' }),
  }));
  const { properties = {}, required = [] } = schemaOf(query, 'output', shared) as {
    readonly properties?: { readonly [name: string]: JsonObject };
    readonly required?: readonly string[];
  };
  const inQuery = Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
  const inHeaders = Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
  return [...inPath, ...inQuery, ...inHeaders];
}

function bodyOf({ schema, types, optional }: BodyShape<unknown>, shared: SharedSchemas): JsonObject {
  const content = schema === undefined ? {} : { schema: schemaOf(schema, 'input', shared) };
  return { required: optional !== true, content: Object.fromEntries(types.map((type) => [type, content])) };
}

function answerOf({ meaning, schema, types = [JSON_TYPE] }: AnswerShape, shared: SharedSchemas): JsonObject {
  const content = schema === undefined ? {} : { schema: schemaOf(schema, 'output', shared) };
  const isEmpty = schema === undefined && types[0] === JSON_TYPE;
  return {
    description: meaning,
    ...(!isEmpty && { content: Object.fromEntries(types.map((type) => [type, content])) }),
  };
}

/** The schema; what it has in common with others goes to `shared`, where its references then lead. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', shared: SharedSchemas): JsonObject {
  const made = JSON.stringify(z.toJSONSchema(schema, { io, target: 'draft-2020-12' }));
  const { $schema: _, $defs = {}, ...rest } = JSON.parse(made.replaceAll('"#/$defs/', '"#/components/schemas/'));
  Object.assign(shared, $defs);
  return rest;
}
