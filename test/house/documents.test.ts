import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultConfig, envOf, flagOf, OPTION_NAMES, OPTIONS, type OptionName } from '../../broker/config/index.ts';
import { CLOSE, CODES, DROP_REASONS } from '../../broker/protocol/index.ts';
import { projectFiles, read } from './tree.ts';

const FILES = projectFiles();
const DOCUMENTS = FILES.filter((path) => path.endsWith('.md'));

/** Whether a file, or a folder with something in it, is there. */
function exists(path: string): boolean {
  const plain = path.replace(/\/$/, '');
  return FILES.includes(plain) || FILES.some((file) => file.startsWith(`${plain}/`));
}

const PROTOCOL = 'broker/protocol/PROTOCOL.md';
const OPTIONS_DOCUMENT = 'broker/config/OPTIONS.md';

describe('documents', () => {
  it.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'LICENSE', PROTOCOL, OPTIONS_DOCUMENT])(
    '%s is there',
    (path) => expect(FILES).toContain(path),
  );

  it('link to files that are there', () => {
    const dead = DOCUMENTS.flatMap((document) =>
      [...read(document).matchAll(/\]\((?!\w+:|#)([^)\s#]+)/g)]
        .map(([, link]) => join(dirname(document), link ?? ''))
        .filter((path) => !exists(path))
        .map((path) => `${document} links to ${path}`),
    );
    expect(dead).toEqual([]);
  });

  it('name files and folders that are there', () => {
    const named = /`((?:broker|client|matcher|bench|test|deploy|\.ci)\/[\w./-]*)`/g;
    const dead = DOCUMENTS.flatMap((document) =>
      [...read(document).matchAll(named)]
        .filter(([, path]) => !exists(path ?? ''))
        .map(([, path]) => `${document} names ${path}`),
    );
    expect(dead).toEqual([]);
  });

  it('name npm scripts that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const dead = DOCUMENTS.flatMap((document) =>
      [...read(document).matchAll(/\bnpm run ([\w:-]+)/g)]
        .filter(([, script]) => !Object.hasOwn(scripts, script ?? ''))
        .map(([, script]) => `${document} names npm run ${script}`),
    );
    expect(dead).toEqual([]);
  });
});

describe('the document of the protocol', () => {
  const text = FILES.includes(PROTOCOL) ? read(PROTOCOL) : '';

  it('has exactly the codes, in their order, with what they mean', () => {
    const rows = text
      .split('\n')
      .filter((line) => /^\| `\w+` +\| (yes|no) /.test(line))
      // The formatter pads the cells.
      .map((line) => line.replace(/ +/g, ' '));
    const entries: [string, { readonly retry: boolean; readonly meaning: string }][] = Object.entries(CODES);
    expect(rows).toEqual(
      entries.map(([code, { retry, meaning }]) => `| \`${code}\` | ${retry ? 'yes' : 'no'} | ${meaning} |`),
    );
  });

  it('has every drop reason and every close code', () => {
    const words = [...DROP_REASONS.map((reason, number) => `${number} ${reason}`), ...Object.values(CLOSE).map(String)];
    expect(words.filter((word) => !new RegExp(`\\b${word}\\b`).test(text))).toEqual([]);
  });

  it('has no code that is not one', () => {
    const families =
      /`((?:frame|topic|event|predicate|subscription|lease|session|credit|mailbox|store|retained|delayed)_[a-z_]+)`/g;
    const unknown = [...text.matchAll(families)].map(([, code]) => code ?? '');
    const known = new Set<string>([...Object.keys(CODES), ...DROP_REASONS]);
    expect(unknown.filter((code) => !known.has(code))).toEqual([]);
  });
});

describe('the document of the options', () => {
  it('has exactly the rows of the table, in its order', () => {
    const rows = read(OPTIONS_DOCUMENT)
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      // The formatter pads the cells.
      .map((line) => line.replace(/ +/g, ' '));
    expect(rows).toEqual(OPTION_NAMES.map(row));
  });

  function row(name: OptionName): string {
    const option = OPTIONS[name];
    const allowed =
      option.type === 'integer'
        ? `${grouped(option.min)} to ${grouped(option.max)}`
        : option.type === 'word'
          ? option.words.join(', ')
          : option.type === 'flag'
            ? 'true, false'
            : `${option.charactersMin} to ${option.charactersMax} characters`;
    const cells = [`\`${name}\``, grouped(defaultConfig[name]), allowed, option.meaning];
    return `| ${cells.join(' | ')} |`;
  }

  function grouped(value: number | string | boolean): string {
    if (value === '') return '(empty)';
    return typeof value === 'number' ? value.toLocaleString('en-US') : String(value);
  }

  it('says how a name is spelt elsewhere', () => {
    const text = read(OPTIONS_DOCUMENT);
    expect(text).toContain(flagOf('leasesMax'));
    expect(text).toContain(envOf('leasesMax'));
  });
});
