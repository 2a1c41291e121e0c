import { describe, expect, it } from 'vitest';
import { codeOnly, type Import, importsOf, packageOf, projectFiles, read } from './tree.ts';

const SOURCES = projectFiles().filter((path) => /^(broker|client|matcher|bench)\/.*\.ts$/.test(path));
const IMPORTS = SOURCES.flatMap(importsOf);

const MATCHER = 'matcher/index.ts';
const PROTOCOL = 'broker/protocol/index.ts';
/** The one place where parts are put together. */
const COMPOSITION = 'broker/broker.ts';
/** Its second half: the store with what watches over it. */
const STORAGE = 'broker/storage.ts';
/** What others may know of stores: the contract, and what stands upon it. */
const STORES = ['broker/store/lmdb.ts', 'broker/store/memory.ts', 'broker/store/sealed.ts'];
/** What others may import of the broker as a whole. */
const BROKER_DOORS = [
  'broker/index.ts',
  'broker/main.ts',
  'broker/config/index.ts',
  'broker/store/index.ts',
  'broker/version.ts',
  PROTOCOL,
];

/** The command that runs the load test, and the door of that: what users are given of the benches. */
const BENCH_COMMAND = 'client/cli/commands/bench.ts';
const BENCH_DOOR = 'bench/load/index.ts';

const within = (folder: string, path: string | undefined): boolean => path?.startsWith(`${folder}/`) ?? false;

/** Imports that the rule forbids, each as a line that says where to look. */
function offenders(forbidden: (one: Import & { readonly target: string }) => boolean): readonly string[] {
  return IMPORTS.filter((one) => one.target !== undefined && forbidden({ ...one, target: one.target })).map(
    ({ from, target }) => `${from} imports ${target}`,
  );
}

/** Lines of code, outside comments and strings, that the pattern finds. */
function mentions(files: readonly string[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) => [...codeOnly(read(file)).matchAll(pattern)].map(([word]) => `${file} says ${word}`));
}

describe('which way imports point', () => {
  it('there are imports to check', () => {
    expect(IMPORTS.length).toBeGreaterThan(100);
    expect(offenders(() => true).length).toBeGreaterThan(50);
  });

  it('1. the matcher imports nothing of ours', () => {
    expect(offenders(({ from, target }) => within('matcher', from) && !within('matcher', target))).toEqual([]);
  });

  it('1. others import the matcher by its index', () => {
    expect(
      offenders(({ from, target }) => !within('matcher', from) && within('matcher', target) && target !== MATCHER),
    ).toEqual([]);
  });

  it('2. the client imports nothing of the broker but its protocol; the command line may start a broker, and look into its store', () => {
    expect(
      offenders(({ from, target }) => {
        if (!within('client', from) || within('client', target) || target === PROTOCOL) return false;
        if (from === BENCH_COMMAND && target === BENCH_DOOR) return false;
        return !(within('client/cli', from) && (BROKER_DOORS.includes(target) || target === MATCHER));
      }),
    ).toEqual([]);
  });

  it('2. the broker never imports the client', () => {
    expect(offenders(({ from, target }) => within('broker', from) && within('client', target))).toEqual([]);
  });

  it('3. transports know frames and their handler, and nothing of what the broker does', () => {
    const known = ['broker/transports', 'broker/kernel'];
    expect(
      offenders(({ from, target }) => {
        if (!within('broker/transports', from) || target === PROTOCOL) return false;
        return !known.some((folder) => within(folder, target));
      }),
    ).toEqual([]);
  });

  it('4. only the composition root names a transport; others know the contract', () => {
    expect(
      offenders(({ from, target }) => {
        if (!within('broker/transports', target) || target === 'broker/transports/transport.ts') return false;
        return !within('broker/transports', from) && from !== COMPOSITION && from !== 'broker/index.ts';
      }),
    ).toEqual([]);
  });

  it('4. only the second half of the composition root names a store; others know the contract', () => {
    expect(
      offenders(({ from, target }) => {
        if (!STORES.includes(target) || from === STORAGE) return false;
        // The command line looks into a store that no broker has open, by the door of its folder.
        return !within('broker/store', from);
      }),
    ).toEqual([]);
  });

  it('4. only the composition root names the broker’s storage', () => {
    expect(offenders(({ from, target }) => target === STORAGE && from !== COMPOSITION)).toEqual([]);
  });

  // Broker and client must not import each other, so that one that both need has a file in each.
  it('5. one file of each part imports each foreign package', () => {
    const importers = new Map<string, Set<string>>();
    for (const { from, specifier } of IMPORTS) {
      const name = packageOf(specifier);
      if (name === undefined || within('bench', from)) continue;
      const inPart = `${from.split('/', 1)[0]}: ${name}`;
      importers.set(inPart, (importers.get(inPart) ?? new Set()).add(from));
    }
    expect(importers.size).toBeGreaterThan(0);
    const shared = [...importers].filter(([, files]) => files.size > 1).map(([name, files]) => [name, ...files]);
    expect(shared).toEqual([]);
  });

  it('8. nothing imports the tests, nor the benches but themselves and the command that runs one', () => {
    expect(
      offenders(({ from, target }) => {
        if (from === BENCH_COMMAND && target === BENCH_DOOR) return false;
        return within('test', target) || (within('bench', target) && !within('bench', from));
      }),
    ).toEqual([]);
  });

  it('every import of ours names a file that is there', () => {
    const files = new Set(projectFiles());
    expect(offenders(({ target }) => !files.has(target))).toEqual([]);
  });
});

describe('what only some may touch', () => {
  const library = SOURCES.filter((path) => !within('bench', path) && !within('client/cli', path));

  it('4. the process, its environment and signals: main.ts and the command line', () => {
    const others = library.filter((path) => path !== 'broker/main.ts');
    expect(mentions(others, /(?<![\w.'#])process(?:\.|\[)\w*/g)).toEqual([]);
    const importers = IMPORTS.filter(({ from, specifier }) => others.includes(from) && specifier === 'node:process');
    expect(importers.map(({ from }) => from)).toEqual([]);
  });

  it('6. clock, timers and randomness, in the broker: the kernel', () => {
    const others = library.filter(
      (path) => within('broker', path) && !within('broker/kernel', path) && path !== 'broker/main.ts',
    );
    const forbidden =
      /\b(?:Date\.now|performance\.now|new Date\(\)|setTimeout|setInterval|setImmediate|Math\.random|randomBytes|randomUUID|process\.hrtime)\b/g;
    expect(mentions(others, forbidden)).toEqual([]);
  });

  it('6. the matcher has no clock and no randomness at all, and does no I/O', () => {
    const matcher = SOURCES.filter((path) => within('matcher', path));
    expect(
      mentions(matcher, /\b(?:Date\.now|performance\.now|new Date\b|set(?:Timeout|Interval)|Math\.random)\b/g),
    ).toEqual([]);
    const nodeImports = IMPORTS.filter(
      ({ from, specifier }) => within('matcher', from) && specifier.startsWith('node:'),
    );
    expect(nodeImports.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([]);
  });

  it('the protocol needs no Node: the browser client is built from it', () => {
    const nodeImports = IMPORTS.filter(
      ({ from, specifier }) =>
        within('broker/protocol', from) && (specifier.startsWith('node:') || packageOf(specifier)),
    );
    expect(nodeImports.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([]);
    const protocol = SOURCES.filter((path) => within('broker/protocol', path));
    expect(mentions(protocol, /\b(?:Buffer|process|require)\b/g)).toEqual([]);
  });
});
