import type { KindCount, Look } from '../../../broker/store/index.ts';
import { type CommandGroup, command, type Example } from '../command.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { formOf, formOptions, remark } from '../form.ts';
import { text } from '../option-kinds.ts';
import { printable } from '../paint.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const DATA_DIR = './tellwhen-data';

const options = {
  dataDir: text('directory', `the data directory of the broker (default: $TELLWHEN_DATA_DIR, or ${DATA_DIR})`),
  ...formOptions,
};

const checkExamples: readonly Example[] = [
  { does: 'is everything as it was written?', line: 'store check' },
  { does: 'and in a copy of it?', line: 'store check --data-dir backup' },
];

/** So many bad records are named. */
const NAMED_MAX = 20;

const check = command({
  name: 'check',
  summary: 'read every record of a store, and say which are not as they were written',
  details:
    'Changes nothing. A broker may be running on it; while none does, none can be started until this is done. Exits with 1 if a record is bad. A bad ' +
    'record is never delivered: the broker moves it into quarantine (kinds that begin with !) when it comes across it.',
  arguments: [],
  options,
  examples: checkExamples,
  async run({ options: given }, terminal) {
    const form = formOf(given, terminal);
    return await looking(given.dataDir, terminal, async (look) => {
      if (look.inUse)
        remark('a broker is running on it; what it writes meanwhile may be counted or not', terminal, form);
      const bad: string[] = [];
      const kinds = await look.check({
        signal: terminal.stop,
        bad: (key) => {
          if (bad.length < NAMED_MAX) bad.push(nameOf(key));
        },
      });
      for (const key of bad) remark(`bad: ${key}`, terminal, form);
      if (form.json) for (const kind of kinds) await terminal.print(JSON.stringify(kind));
      else if (kinds.length > 0) {
        const [head = '', ...lines] = table([HEAD, ...kinds.map(row)]);
        await terminal.print([terminal.paint.bold(head), ...lines].join('\n'));
      }
      const badCount = sum(kinds, 'bad');
      const foreign = sum(kinds, 'foreign');
      remark(verdict({ records: sum(kinds, 'records'), bad: badCount, foreign }), terminal, form);
      return badCount + foreign > 0 ? EXIT.error : EXIT.ok;
    });
  },
});

const backupExamples: readonly Example[] = [
  { does: 'copy a store, with its broker running or not', line: 'store backup backup' },
  { does: 'see whether the copy is good', line: 'store check --data-dir backup' },
  { does: 'run a broker on the copy', line: 'serve --data-dir backup' },
];

const backup = command({
  name: 'backup',
  summary: 'copy a store as it is at one moment, while its broker goes on',
  details:
    'The copy is a data directory of its own: to restore it, start a broker on it, or put it in the place of the one that is lost. ' +
    'It has no holes, so it may be smaller than what it is a copy of. What the broker frees while it is copied takes room until that is done.',
  arguments: [{ name: 'to', required: true, meaning: 'a directory, which must have no store in it yet' }],
  options,
  examples: backupExamples,
  async run({ args: [to = ''], options: given }, terminal) {
    const form = formOf(given, terminal);
    return await looking(given.dataDir, terminal, async ({ store }) => {
      await store.backup(to);
      const { storeBytes, reusableBytes } = store.space();
      const copied = { to, bytes: storeBytes - reusableBytes };
      if (form.json) await terminal.print(JSON.stringify(copied));
      else await terminal.print(`copied about ${copied.bytes} bytes to ${to}`);
      return EXIT.ok;
    });
  },
});

const HEAD = ['kind', 'records', 'bytes', 'bad'];

function row({ kind, records, bytes, bad, foreign }: KindCount): string[] {
  return [
    printable(kind),
    String(records),
    String(bytes),
    foreign > 0 ? `${bad}, and ${foreign} of another version` : String(bad),
  ];
}

function verdict({ records, bad, foreign }: { readonly [name: string]: number }): string {
  const of = `${records} records`;
  if (foreign)
    return `${of}, ${bad} of them bad, ${foreign} written by a version of Tellwhen that this one cannot read`;
  return bad === 0 ? `${of}, all as they were written` : `${of}, ${bad} of them not as they were written`;
}

function sum(kinds: readonly KindCount[], what: 'records' | 'bad' | 'foreign'): number {
  return kinds.reduce((total, kind) => total + kind[what], 0);
}

/** A key begins with a letter for its kind; what follows may be anything. */
function nameOf(key: Uint8Array): string {
  const [first = 0, ...rest] = key;
  return `${printable(String.fromCharCode(first))} ${Buffer.from(rest).toString('hex')}`;
}

/** The broker's own code, and not loaded for other commands. */
async function looking(
  dataDir: string | undefined,
  terminal: Terminal,
  then: (look: Look) => Promise<number>,
): Promise<number> {
  const directory = dataDir ?? terminal.env['TELLWHEN_DATA_DIR'] ?? DATA_DIR;
  const { openForLook, StoreError } = await import('../../../broker/store/index.ts');
  try {
    const look = await openForLook({ directory, own: process });
    try {
      return await then(look);
    } finally {
      await look.end();
    }
  } catch (error) {
    throw error instanceof StoreError ? new CommandError(error.code, error.message) : error;
  }
}

/** `tellwhen store …`. */
export const store: CommandGroup = {
  name: 'store',
  summary: 'check and copy what a broker has stored',
  commands: [check, backup],
  examples: [...checkExamples, ...backupExamples],
};
