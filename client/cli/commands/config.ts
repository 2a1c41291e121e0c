import { ConfigError, OPTION_NAMES, OPTIONS, type OptionName } from '../../../broker/config/index.ts';
import { type CommandGroup, command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formOf, formOptions } from '../form.ts';
import { flag, flagOf, type OptionKind, text } from '../option-kinds.ts';
import { table } from '../table.ts';
import { UsageError } from '../usage-error.ts';

/** Few are wanted often; the others have a page of their own, `config print`. */
const SHOWN: ReadonlySet<OptionName> = new Set<OptionName>([
  'host',
  'port',
  'mqttPort',
  'dataDir',
  'memory',
  'logLevel',
  'logFormat',
  'drainMs',
]);

type BrokerOption = OptionKind<string | boolean | undefined>;
type BrokerOptions = Record<OptionName, BrokerOption> & { readonly config: OptionKind<string | undefined> };

/** Every option of the broker, as options of a command. What their texts mean, the broker's own table says. */
export const brokerOptions: BrokerOptions = {
  ...(Object.fromEntries(OPTION_NAMES.map((name) => [name, kindOf(name)])) as Record<OptionName, BrokerOption>),
  config: text('file', 'a JSON file of options; environment and flags win over it (also $TELLWHEN_CONFIG)'),
};

/** The flags again as they were typed. */
export function flagsOf(given: { readonly [K in OptionName]: string | boolean | undefined }): string[] {
  return OPTION_NAMES.flatMap((name) => {
    const value = given[name];
    if (value === undefined || value === false) return [];
    return [value === true ? flagOf(name) : `${flagOf(name)}=${value}`];
  });
}

function kindOf(name: OptionName): BrokerOption {
  const { type, meaning, default: byDefault } = OPTIONS[name];
  if (type === 'flag') return { ...flag(meaning), hidden: !SHOWN.has(name) };
  const words = type === 'word' ? `${OPTIONS[name].words.join('|')}` : type === 'integer' ? 'n' : 'text';
  return { ...text(words, `${meaning} (default: ${byDefault})`), hidden: !SHOWN.has(name) };
}

const examples: readonly Example[] = [
  { does: 'what can be set, and what each is set to now', line: 'config print' },
  { does: 'check a file before it is used', line: 'config print --config tellwhen.json' },
];

const print = command({
  name: 'print',
  summary: 'show every option of the broker: name, value, source, meaning',
  details: 'Takes the same flags, environment and file as serve, and refuses what serve would refuse.',
  arguments: [],
  options: { ...brokerOptions, ...formOptions },
  examples,
  async run({ options }, terminal) {
    const { config: configPath, json: _json, text: _text, ...given } = options;
    const { json } = formOf(options, terminal);
    const { loadProcessConfig } = await import('../../../broker/main.ts');
    try {
      const { rows } = await loadProcessConfig({ configPath, flags: flagsOf(given) });
      const cells = rows.map(({ name, value, source, meaning }) => [name, String(value), source, meaning]);
      const [head = '', ...lines] = table([['name', 'value', 'source', 'meaning'], ...cells]);
      if (json) for (const row of rows) await terminal.print(JSON.stringify(row));
      else await terminal.print([terminal.paint.bold(head), ...lines].join('\n'));
      return EXIT.ok;
    } catch (error) {
      throw error instanceof ConfigError ? new UsageError(error.message) : error;
    }
  },
});

/** `tellwhen config …`. */
export const config: CommandGroup = {
  name: 'config',
  summary: 'see how a broker is configured',
  commands: [print],
  examples,
};
