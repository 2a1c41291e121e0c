import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folders that are not the project's own: fetched, built, or measured. */
const FOREIGN_FOLDERS = new Set(['.git', 'node_modules', 'dist', 'coverage', 'tellwhen-data', 'bench-results']);

/** Paths of all files of the project, from its root, with `/`. */
export function projectFiles(): readonly string[] {
  return filesIn(ROOT)
    .map((path) => relative(ROOT, path).split(sep).join('/'))
    .sort();
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return FOREIGN_FOLDERS.has(entry.name) ? [] : filesIn(path);
  });
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export interface Import {
  /** The file that imports. */
  readonly from: string;
  /** As it stands there. */
  readonly specifier: string;
  /** The file of the project it means, or undefined for a package. */
  readonly target: string | undefined;
}

const IMPORTS = [
  /\b(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*(['"])(?<specifier>[^'"\n]+)\1/g,
  /\bimport\s*\(\s*(['"])(?<specifier>[^'"\n]+)\1/g,
];

/** Everything a file imports, types and dynamic imports included. */
export function importsOf(path: string): readonly Import[] {
  const code = withoutComments(read(path));
  return IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)]).map((match) => {
    const specifier = match.groups?.['specifier'] ?? '';
    const target = specifier.startsWith('.') ? join(dirname(path), specifier).split(sep).join('/') : undefined;
    return { from: path, specifier, target };
  });
}

/** `zod` of `zod/v4`, `@scope/name` of `@scope/name/part`; undefined for what Node brings along. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const TOKENS = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;

/** Blanks comments and leaves strings alone. Close enough to the language for sources that a formatter has seen. */
export function withoutComments(source: string): string {
  return source.replace(TOKENS, (token) => (token.startsWith('/') ? blank(token) : token));
}

/** Blanks comments and what strings say; the expressions within templates stay. Every line keeps its number. */
export function codeOnly(source: string): string {
  return source.replace(TOKENS, (token) => {
    if (!token.startsWith('`')) return blank(token);
    return token.replace(/\$\{[^{}]*\}|[^\n]/g, (part) => (part.length > 1 ? part : ' '));
  });
}

function blank(token: string): string {
  return token.replace(/[^\n]/g, ' ');
}
