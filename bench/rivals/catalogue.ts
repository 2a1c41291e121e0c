import { GeneratedCode } from './generated-code.ts';
import { JsonRules } from './json-rules-engine.ts';
import { Mingo } from './mingo.ts';
import type { CreateRival } from './rival.ts';
import { Sift } from './sift.ts';

interface RivalEntry {
  readonly name: string;
  readonly create: CreateRival;
  /** More filters than this take it too long. */
  readonly filtersMax: number;
}

export const RIVALS: readonly RivalEntry[] = [
  { name: 'generated code', create: (filters) => new GeneratedCode(filters), filtersMax: 100_000 },
  { name: 'sift', create: (filters) => new Sift(filters), filtersMax: 10_000 },
  { name: 'mingo', create: (filters) => new Mingo(filters), filtersMax: 10_000 },
  { name: 'json-rules-engine', create: (filters) => new JsonRules(filters), filtersMax: 10_000 },
];
