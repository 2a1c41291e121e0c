import { flagOf, type OptionKinds, type OptionValues } from './option-kinds.ts';
import type { Terminal } from './terminal.ts';

export interface Argument {
  readonly name: string;
  readonly required: boolean;
  readonly meaning: string;
}

export interface Example {
  readonly does: string;
  /** What to type after the program's name. */
  readonly line: string;
}

interface Description {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** For the command's own help. */
  readonly details?: string;
  readonly arguments: readonly Argument[];
  readonly examples: readonly Example[];
}

export interface Input<O extends OptionKinds> {
  /** As many as the command has arguments, at most. */
  readonly args: readonly string[];
  readonly options: OptionValues<O>;
}

/** A command as the program sees it: data to show, and a function to run. */
export interface Command extends Description {
  readonly options: OptionKinds;
  /** `given`: by option name, every text it was given with. Returns the exit code. */
  readonly run: (args: readonly string[], given: GivenTexts, terminal: Terminal) => Promise<number>;
}

export type GivenTexts = { readonly [option: string]: readonly string[] };

/** Commands under one word, as `config print`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
  readonly examples: readonly Example[];
}

/** Makes a command whose `run` gets its options parsed and typed. */
export function command<const O extends OptionKinds>(
  spec: Description & {
    readonly options: O;
    readonly run: (input: Input<O>, terminal: Terminal) => Promise<number>;
  },
): Command {
  return {
    ...spec,
    run: (args, given, terminal) => spec.run({ args, options: parseOptions(spec.options, given) }, terminal),
  };
}

/** Throws UsageError at the first option with a wrong value. */
function parseOptions<O extends OptionKinds>(kinds: O, given: GivenTexts): OptionValues<O> {
  const values = Object.entries(kinds).map(([name, kind]) => [name, kind.parse(given[name] ?? [], flagOf(name))]);
  return Object.fromEntries(values) as OptionValues<O>;
}
