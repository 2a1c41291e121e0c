import { setTimeout as delay } from 'node:timers/promises';
import { ClientChild } from './client-child.ts';
import type { EventsSpec } from './events.ts';
import type { Figures } from './figures.ts';
import type { FlowMeans } from './flow.ts';
import { shareClock } from './shared-clock.ts';

/** Until buffers of the handshakes are given back. */
const SETTLE_MS = 2_000;
const ALIVE_RATE = 10;

/**
 * Subscribed connections on which nothing happens: what they cost in memory and processor time. Afterwards some events are
 * published, which all of them have to be told of.
 */
export async function measureIdle(events: EventsSpec, connections: number, means: FlowMeans): Promise<Figures> {
  const { peer, server, seconds, progress, signal } = means;
  const at = { peer: peer.key, address: server.address, events, clock: shareClock() };
  const base = await server.usage();
  progress('connecting');
  const subscriber = new ClientChild(
    {
      kind: 'subscribe',
      way: 'push',
      shape: 'all',
      connections,
      perConnection: 1,
      latency: false,
      ...at,
    },
    { signal },
  );
  let publisher: ClientChild | undefined;
  try {
    await subscriber.next('ready');
    progress('idle');
    await delay(SETTLE_MS, undefined, { signal });
    const before = await server.usage();
    await delay(seconds * 1e3, undefined, { signal });
    const after = await server.usage();
    publisher = new ClientChild(
      { kind: 'publish', rate: ALIVE_RATE, exact: false, window: ALIVE_RATE, ...at },
      { signal },
    );
    await publisher.next('ready');
    await delay(1e4 / ALIVE_RATE, undefined, { signal });
    publisher.tell({ kind: 'stop' });
    const { end } = await publisher.next('published');
    subscriber.tell({ kind: 'finish', first: 0, end });
    const { report } = await subscriber.next('finished');
    return {
      checked: report.got,
      lost: report.lost,
      wrong: report.wrong,
      brokerCpu: (100 * (after.cpuSeconds - before.cpuSeconds)) / seconds,
      brokerBytes: after.ownBytes,
      bytesPerConnection: (after.ownBytes - base.ownBytes) / connections,
    };
  } finally {
    await subscriber.kill();
    await publisher?.kill();
  }
}
