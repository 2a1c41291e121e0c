import { withFolder } from '../durable/data-folder.ts';
import type { Usage } from '../peers/peer.ts';
import type { PubSubPeer } from '../peers/pubsub-peer.ts';

/** A broker at work, ours or another's, here or elsewhere. */
export interface RunningServer {
  readonly address: string;
  /** So far. Zeros where nobody tells. */
  usage(): Promise<Usage>;
}

export type UseServer<T> = (server: RunningServer) => Promise<T>;
/** Gives `use` a broker; where it was started for that, it is gone afterwards. */
export type WithServer = <T>(peer: PubSubPeer, use: UseServer<T>) => Promise<T>;

/** Starts one afresh for each use, with its files, if it has any, in a folder of its own within `parent`. */
export function startedIn(parent: string): WithServer {
  return (peer, use) =>
    withFolder(parent, async (folder) => {
      const server = await peer.start(folder);
      try {
        return await use({ address: server.address, usage: async () => server.usage() });
      } finally {
        await server.stop();
      }
    });
}

/** Uses the Tellwhen broker at an address; it says itself what it needs, on the page of its metrics. */
export function runningAt(url: string): WithServer {
  const page = new URL('/metrics', url);
  page.protocol = page.protocol === 'wss:' ? 'https:' : 'http:';
  return (_peer, use) =>
    use({
      address: url,
      usage: async () => {
        const text = await (await fetch(page)).text();
        return {
          cpuSeconds: seriesOf(text, 'tellwhen_process_cpu_seconds_total'),
          ownBytes: seriesOf(text, 'tellwhen_process_resident_memory_bytes'),
          mappedBytes: 0,
        };
      },
    });
}

/** The value on a page of metrics. 0 where it is not there. */
export function seriesOf(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? 0);
}
