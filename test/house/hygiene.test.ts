import { expect, it } from 'vitest';
import { codeOnly, projectFiles, read } from './tree.ts';

const FILES = projectFiles().filter((path) => !/\.(?:png|ico|gz|node)$/.test(path));
const TYPESCRIPT = FILES.filter((path) => path.endsWith('.ts'));
// npm's own file, with words and hashes of other people.
const TEXTS = FILES.filter((path) => path !== 'package-lock.json');

/** Lines in which the pattern is found, as `file:line: what`. */
function findings(files: readonly string[], pattern: RegExp, prepare = (text: string) => text): readonly string[] {
  return files.flatMap((file) =>
    prepare(read(file))
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

// Put together from pieces, so that this file does not find itself.
const word = (...pieces: readonly string[]): string => pieces.join('');

it('nothing is left for later', () => {
  const marks = [word('TO', 'DO'), word('FIX', 'ME'), word('XX', 'X'), word('HA', 'CK')];
  expect(findings(TEXTS, new RegExp(`\\b(?:${marks.join('|')})\\b`))).toEqual([]);
});

it('no type is left open', () => {
  const openType = /(?::|<|\||&|,|=|\bas)\s*any\b(?!\s*[(:])/;
  expect(findings(TYPESCRIPT, openType, codeOnly)).toEqual([]);
});

it('no check of the compiler or the linter is switched off without a reason', () => {
  expect(findings(TYPESCRIPT, new RegExp(word('@ts-', '(?:ignore|nocheck)')))).toEqual([]);
  // biome itself demands the reason; a placeholder is none.
  expect(findings(TYPESCRIPT, new RegExp(word('biome-', 'ignore\\b.*<explanation>')))).toEqual([]);
});

it('nothing names a package registry', () => {
  const registry = new RegExp(word('\\bregistry\\.', '[\\w-]+\\.\\w+|\\b(?:npm', 'js|yarn', 'pkg)\\.(?:org|com)\\b'));
  expect(findings(TEXTS, registry)).toEqual([]);
  expect(findings(['package-lock.json'], /"resolved":/)).toEqual([]);
});

it('nothing names a folder of somebody’s machine', () => {
  const folders = ['work', 'tmp', 'root', 'home', 'Users'].join('|');
  expect(findings(TEXTS, new RegExp(`(?<![\\w.}\\])-])/(?:${folders})/`))).toEqual([]);
});

it('no test is skipped or alone by accident', () => {
  const tests = TYPESCRIPT.filter((path) => path.startsWith('test/'));
  expect(findings(tests, /\b(?:it|test|describe)\.(?:only|skip|todo)\b/, codeOnly)).toEqual([]);
});
