import { createRequire } from 'node:module';
import { Argument, Command as CommanderCommand, CommanderError, Option } from 'commander';
import type { Command, CommandGroup, Example, GivenTexts } from './command.ts';
import { EXIT, EXIT_MEANINGS } from './exit-codes.ts';
import { flagOf } from './option-kinds.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

const { version } = createRequire(import.meta.url)('tellwhen/package.json') as { readonly version: string };

const SUMMARY = 'Publish events, and be told exactly when one matters to you.';

export interface Program {
  readonly commands: readonly (Command | CommandGroup)[];
  readonly examples: readonly Example[];
}

/**
 * Finds the command that the arguments name, and runs it. Resolves with the exit code; help is written here. Rejects
 * with what the command rejects with, and with UsageError where the command line is at fault.
 */
export async function runProgram(
  { commands, examples }: Program,
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  let help = '';
  const root = new CommanderCommand('tellwhen')
    .description(SUMMARY)
    .version(version, '--version', 'show the version')
    .helpOption('--help', 'show help; also after each command')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        help += text;
      },
      // Told as every other failure is, by who gets it thrown.
      outputError: () => {},
    })
    .addHelpText('after', () => `\n${exampleText(examples)}\n\n${exitText()}`);
  const add = (parent: CommanderCommand, command: Command): void => {
    const child = parent.command(command.name).summary(command.summary).description(descriptionOf(command));
    describe(child, command);
    child.action(async () => {
      exitCode = await command.run(child.args, givenTexts(child, command), terminal);
    });
  };
  for (const item of commands) {
    if ('commands' in item) {
      const group = root.command(item.name).description(item.summary).helpCommand(false);
      group.addHelpText('after', () => `\n${exampleText(item.examples)}`);
      for (const command of item.commands) add(group, command);
    } else add(root, item);
  }
  try {
    await root.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // A word is missing: the help, which says which there are, has been written beside the output.
    if (error.exitCode !== 0 && error.code === 'commander.help') return EXIT.usage;
    if (error.exitCode !== 0) throw new UsageError(error.message.replace(/^error: /, ''));
    await terminal.print(help.trimEnd());
  }
  return exitCode;
}

function describe(child: CommanderCommand, { arguments: args, options, examples }: Command): void {
  child.allowExcessArguments(false);
  for (const { name, required, meaning } of args) {
    child.addArgument(new Argument(required ? `<${name}>` : `[${name}]`, meaning));
  }
  for (const [name, { placeholder, meaning, hidden = false }] of Object.entries(options)) {
    const flags = placeholder === undefined ? flagOf(name) : `${flagOf(name)} <${placeholder}>`;
    const option = new Option(flags, meaning).hideHelp(hidden);
    // Every text is kept: whether twice is an error is the option's own affair.
    if (placeholder !== undefined) option.argParser<readonly string[]>((text, before = []) => [...before, text]);
    child.addOption(option);
  }
  child.addHelpText('after', () => `\n${exampleText(examples)}`);
}

function givenTexts(child: CommanderCommand, { options }: Command): GivenTexts {
  const values = child.opts<{ readonly [name: string]: readonly string[] | true | undefined }>();
  return Object.fromEntries(
    Object.keys(options).map((name) => {
      const value = values[name];
      return [name, value === true ? [''] : (value ?? [])];
    }),
  );
}

function descriptionOf({ summary, details }: Command): string {
  return details === undefined ? summary : `${summary}\n\n${details}`;
}

function exampleText(examples: readonly Example[]): string {
  const lines = examples.map(({ does, line }) => `  # ${does}\n  tellwhen ${line}`);
  return `Examples:\n${lines.join('\n')}`;
}

function exitText(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  return `Exit codes:\n${names.map((name) => `  ${EXIT[name]}  ${EXIT_MEANINGS[name]}`).join('\n')}`;
}
