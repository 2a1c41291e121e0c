import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startBrokerProcess } from '../processes.ts';
import { Program } from '../program.ts';

/** A broker that speaks MQTT, with the addresses of its doors. Dispose of it to kill it. */
export interface MqttBroker extends AsyncDisposable {
  /** `mqtt://host:port` */
  readonly tcp: string;
  /** `ws://host:port/mqtt` */
  readonly webSocket: string;
}

export interface MqttBrokerKind {
  readonly name: string;
  readonly start: () => Promise<MqttBroker>;
}

/** Where the Debian package is not there, nothing can be compared with it. */
export const MOSQUITTO_INSTALLED = spawnSync('mosquitto', ['-h']).error === undefined;
if (!MOSQUITTO_INSTALLED) console.warn('skipped: what mosquitto does with the same packets. It is not installed');

export const MOSQUITTO_CLIENTS_INSTALLED = spawnSync('mosquitto_pub', ['--help']).error === undefined;
if (!MOSQUITTO_CLIENTS_INSTALLED) console.warn('skipped: mosquitto_pub, mosquitto_sub and mosquitto_rr. Not installed');

/** Debian's own, whatever other Python comes first in the path. */
export const PYTHON = '/usr/bin/python3';
export const PAHO_INSTALLED = spawnSync(PYTHON, ['-c', 'import paho.mqtt.client']).status === 0;
if (!PAHO_INSTALLED) console.warn('skipped: the paho client for Python. It is not installed');

/**
 * The broker that others are compared with: a test that it passes as well asks for what the standard says, and not for
 * what we happen to do.
 */
export const MOSQUITTO: MqttBrokerKind = {
  name: 'mosquitto',
  start: async () => {
    const [folder, tcp, webSocket] = await Promise.all([
      mkdtemp(join(tmpdir(), 'tellwhen-mosquitto-')),
      freePort(),
      freePort(),
    ]);
    const config = join(folder, 'mosquitto.conf');
    await writeFile(
      config,
      [
        `listener ${tcp} 127.0.0.1`,
        `listener ${webSocket} 127.0.0.1`,
        'protocol websockets',
        'allow_anonymous true',
        'persistence false',
        '',
      ].join('\n'),
    );
    const process = new Program('mosquitto', ['-c', config]);
    await process.says(/mosquitto version \S+ running/);
    return {
      tcp: `mqtt://127.0.0.1:${tcp}`,
      webSocket: `ws://127.0.0.1:${webSocket}/mqtt`,
      async [Symbol.asyncDispose]() {
        await process[Symbol.asyncDispose]();
        await rm(folder, { recursive: true });
      },
    };
  },
};

export const TELLWHEN: MqttBrokerKind = { name: 'Tellwhen', start: () => startTellwhen() };

export interface Tellwhen extends MqttBroker {
  readonly process: Program;
  /** For the native client. */
  readonly url: string;
}

/** A broker with a port for MQTT: a free one, unless it is given one. */
export async function startTellwhen(
  args: readonly string[] = [],
  ports: { readonly port?: string; readonly mqttPort?: string } = {},
): Promise<Tellwhen> {
  const mqttPort = ports.mqttPort ?? (await freePort());
  const broker = await startBrokerProcess(['--mqtt-port', mqttPort, ...args], ports);
  return { ...broker, tcp: `mqtt://127.0.0.1:${mqttPort}`, webSocket: `${broker.url}/mqtt` };
}
