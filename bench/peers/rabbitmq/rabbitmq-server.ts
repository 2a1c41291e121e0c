import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'amqplib';
import type { Availability, Server } from '../peer.ts';
import { freePort, ServerProcess } from '../server-process.ts';

/** Where Debian puts it. The command on the path may be run by its own user only, and only in its own folder. */
const HOME = '/usr/lib/rabbitmq';
const SERVER = `${HOME}/bin/rabbitmq-server`;
const READY_MS = 30_000;
const ASK_AGAIN_MS = 20;

export async function rabbitAvailability(): Promise<Availability> {
  const version = existsSync(SERVER) ? await installedVersion() : undefined;
  return version === undefined ? { leftOut: 'no rabbitmq-server is installed where Debian puts it' } : { version };
}

async function installedVersion(): Promise<string | undefined> {
  const folders = await readdir(`${HOME}/lib`);
  return folders.map((name) => /^rabbitmq_server-(.*)$/.exec(name)?.[1]).find((version) => version !== undefined);
}

export async function startRabbit(folder: string): Promise<Server> {
  const [port, namesPort, nodesPort] = [await freePort(), await freePort(), await freePort()];
  // Erlang's daemon of names, in a process of our own: the one that it would start would outlive it.
  const names = await ServerProcess.start({
    command: 'epmd',
    args: ['-port', String(namesPort)],
    folder,
    port: namesPort,
  });
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(namesPort),
    RABBITMQ_NODENAME: 'bench@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(nodesPort),
    RABBITMQ_MNESIA_BASE: `${folder}/mnesia`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_PID_FILE: `${folder}/pid`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
    RABBITMQ_CONF_ENV_FILE: `${folder}/none`,
    RABBITMQ_CONFIG_FILE: `${folder}/none`,
    // So that the process is the server, and not a shell that waits for it.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
  const server = await ServerProcess.start({ command: SERVER, args: [], env, folder, port });
  const { usage, stop, kill, ...rest } = server.at(`amqp://guest:guest@127.0.0.1:${port}`);
  await untilReady(rest.address);
  return {
    ...rest,
    usage,
    stop: () => stop().finally(() => names.stop()),
    kill: () => kill().finally(() => names.stop()),
  };
}

/** It accepts connections a little before it talks to whoever makes one. */
async function untilReady(address: string): Promise<void> {
  for (const endMs = performance.now() + READY_MS; ; ) {
    try {
      await (await connect(address)).close();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await delay(ASK_AGAIN_MS);
    }
  }
}
