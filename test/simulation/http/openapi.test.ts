import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { httpBroker as broker } from '../../support/http-broker.ts';

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 without a fault, and every reference leads somewhere', async () => {
    const { http } = await broker();
    const { json, text } = http.send('GET', '/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    const result = await new Validator().validate(structuredClone(json));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    const references = [...text.matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(references).toContain('Problem');
    expect(references).toContain('FilterExpression');
    for (const name of references) expect(Object.keys(json.components.schemas)).toContain(name);
  });

  it('names each operation once', async () => {
    const { http } = await broker();
    const { paths } = http.send('GET', '/openapi.json').json as {
      paths: { [path: string]: { [method: string]: { operationId: string } } };
    };
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(20);
  });

  it('describes what is there: every path answers something else than 404 or 405 to each of its methods', async () => {
    const { http, time } = await broker();
    const { paths } = http.send('GET', '/openapi.json').json as { paths: { [path: string]: object } };
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const answer = http.begin(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, '1'), '{}');
        time.advance(10);
        const problem =
          answer.head?.headers['Content-Type'] === 'application/problem+json' ? http.result(answer).json : {};
        expect([method, path, problem.code]).not.toContain('path_unknown');
        expect([method, path, problem.code]).not.toContain('method_unknown');
        expect([method, path, problem.code]).not.toContain('internal');
        answer.leave();
      }
    }
  });
});
