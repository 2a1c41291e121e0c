import { ConfigError } from '../../../broker/config/index.ts';
import { DEFAULT_PORT } from '../../../broker/protocol/index.ts';
import { VERSION } from '../../../broker/version.ts';
import { command, type Example } from '../command.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { invocation } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { brokerOptions, flagsOf } from './config.ts';

const examples: readonly Example[] = [
  { does: 'a broker on this machine only', line: 'serve' },
  { does: 'for the whole network, with logs for programs', line: 'serve --host 0.0.0.0 --log-format json' },
];

/** `tellwhen serve`. */
export const serve = command({
  name: 'serve',
  summary: 'run a broker',
  details:
    'Runs until Ctrl-C or SIGTERM, and then lets its clients finish.\n\nBelow are the options wanted most; tellwhen config ' +
    'print shows all of them. Each is a flag (--port 80), a variable (TELLWHEN_PORT=80) and a key of the ' +
    'configuration file ({"port": 80}); the first of these that says something holds.',
  arguments: [],
  options: brokerOptions,
  examples,
  async run({ options }, terminal) {
    const { config: configPath, ...given } = options;
    // Here and not above: no other command needs a broker to start.
    const { serve: serveProcess, StartError } = await import('../../../broker/main.ts');
    try {
      await serveProcess({
        configPath,
        flags: flagsOf(given),
        stop: terminal.stop,
        listening: ({ address, mqttAddress }) => {
          // Where the greeting cannot be written, the terminal says stop.
          if (terminal.interactive) greet(address, mqttAddress?.port, terminal).catch(() => {});
        },
      });
      return EXIT.ok;
    } catch (error) {
      if (error instanceof ConfigError) throw new UsageError(error.message);
      throw error instanceof StartError ? new CommandError('start_failed', error.message) : error;
    }
  },
});

/** For people: where it is, and what to type next. */
async function greet(
  { host, port }: { readonly host: string; readonly port: number },
  mqttPort: number | undefined,
  terminal: Terminal,
): Promise<void> {
  const { bold, dim } = terminal.paint;
  const name = host.includes(':') ? `[${host}]` : host;
  const program = invocation();
  const url = port === DEFAULT_PORT ? '' : ` --url ws://127.0.0.1:${port}`;
  const mqtt = mqttPort === undefined ? '' : `  ${dim(`MQTT: port ${mqttPort}`)}`;
  await terminal.print(`
${bold(`Tellwhen ${VERSION}`)} listens on ${bold(`ws://${name}:${port}`)}  ${dim(`metrics: http://${name}:${port}/metrics`)}${mqtt}

Now, in a second terminal, be told of hot rooms:
  ${program} sub 'sensors/#' --when 'temperature > 30'${url}
and in a third, tell it of one:
  ${program} pub sensors/1 '{"temperature": 31}'${url}
Or see a week of real earthquakes:
  ${program} demo

${dim('Ctrl-C stops it.')}
`);
}
