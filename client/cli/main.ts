#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bench } from './commands/bench.ts';
import { config } from './commands/config.ts';
import { deadletters } from './commands/deadletters.ts';
import { demo } from './commands/demo.ts';
import { examples } from './commands/examples.ts';
import { explain } from './commands/explain.ts';
import { filters } from './commands/filters.ts';
import { take } from './commands/in.ts';
import { mailboxes } from './commands/mailboxes.ts';
import { out } from './commands/out.ts';
import { pub } from './commands/pub.ts';
import { pull } from './commands/pull.ts';
import { rd } from './commands/rd.ts';
import { reply } from './commands/reply.ts';
import { request } from './commands/request.ts';
import { serve } from './commands/serve.ts';
import { space } from './commands/space.ts';
import { store } from './commands/store.ts';
import { sub } from './commands/sub.ts';
import { reportFailure } from './failure.ts';
import { type Program, runProgram } from './program.ts';
import { Terminal } from './terminal.ts';
import { isAborted } from './with-client.ts';

const program: Program = {
  commands: [
    serve,
    pub,
    sub,
    pull,
    request,
    reply,
    mailboxes,
    deadletters,
    out,
    rd,
    take,
    space,
    explain,
    filters,
    store,
    demo,
    examples,
    bench,
    config,
  ],
  examples: [
    { does: 'start a broker', line: 'serve' },
    { does: 'in a second terminal: be told of hot rooms', line: "sub 'sensors/#' --when 'temperature > 30'" },
    { does: 'in a third: tell it of one', line: `pub sensors/1 '{"temperature": 31}'` },
    { does: 'see it work on a week of real earthquakes', line: 'demo' },
  ],
};

/** A lingering socket must not hold a command that is done. */
const LINGER_MS = 2000;

/** Runs the command that `argv` names, its name first. Resolves with the exit code; never rejects. */
export async function run(argv: readonly string[]): Promise<number> {
  const terminal = new Terminal();
  const form = { json: asksForJson(argv) && !terminal.notesInteractive };
  try {
    const exitCode = await runProgram(program, argv.length === 0 ? ['--help'] : argv, terminal);
    // Not every line is waited for by who could tell of its failure.
    return terminal.outputError === undefined ? exitCode : reportFailure(terminal.outputError, terminal, form);
  } catch (error) {
    return reportFailure(rootOf(error, terminal), terminal, form);
  }
}

/** Before its options are parsed: they may be what is wrong. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

/** A wait that was given up because the terminal said stop: why it said so. */
function rootOf(error: unknown, terminal: Terminal): unknown {
  if (!isAborted(error)) return error;
  try {
    terminal.throwIfStopped();
    return error;
  } catch (reason) {
    return reason;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await run(process.argv.slice(2));
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
