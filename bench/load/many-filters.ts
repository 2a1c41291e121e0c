import { setTimeout as delay } from 'node:timers/promises';
import { ClientChild } from './client-child.ts';
import type { Figures } from './figures.ts';
import { type Flow, type FlowMeans, withFlow } from './flow.ts';
import { stepUsAt } from './publisher.ts';

/** As an application has that subscribes for its users. */
export const FILTER_CONNECTIONS = 20;
/** Then it is enough. */
export const FILTER_SECONDS_MAX = 90;

/**
 * Loads filters through the wire while a flow goes on. Then every event of a second has to be told of to exactly the
 * filters that it satisfies, as well as to the flow's own subscriber.
 */
export function measureManyFilters(flow: Flow, filters: number, means: FlowMeans): Promise<Figures> {
  return withFlow(flow, means, async (atWork) => {
    const { peer, server, warmUpSeconds, progress, signal } = means;
    await delay(warmUpSeconds * 1e3, undefined, { signal });
    const base = await server.usage();
    const { clock } = atWork;
    const loader = new ClientChild(
      {
        kind: 'load-filters',
        peer: peer.key,
        address: server.address,
        events: flow.events,
        clock,
        filters,
        connections: FILTER_CONNECTIONS,
        secondsMax: FILTER_SECONDS_MAX,
      },
      { signal },
    );
    try {
      await loader.next('ready');
      await atWork.begin();
      progress(`loading ${filters.toLocaleString('en-US')} filters`);
      loader.tell({ kind: 'load' });
      const loaded = await loader.next('loaded');
      await atWork.end();
      const { ownBytes } = await server.usage();
      await delay(1_000, undefined, { signal });
      const { figures, startUs, end } = await atWork.finish();
      const first = Math.ceil((loaded.untilUs - startUs) / stepUsAt(flow.rate));
      loader.tell({ kind: 'finish', first, end });
      const { report } = await loader.next('finished');
      return {
        ...figures,
        checked: (figures.checked ?? 0) + report.got,
        lost: figures.lost + report.lost,
        lossReasons: [...(figures.lossReasons ?? []), ...report.lossReasons],
        wrong: figures.wrong + report.wrong,
        filters: loaded.filters,
        filtersPerSecond: (loaded.filters * 1e6) / (loaded.untilUs - loaded.fromUs),
        bytesPerFilter: (ownBytes - base.ownBytes) / loaded.filters,
      };
    } finally {
      await loader.kill();
    }
  });
}
