import { measurePeer } from '../durable/peer-round.ts';
import type { Peer } from '../peers/peer.ts';
import type { Present } from '../peers/present.ts';
import { COLUMNS } from './columns.ts';
import type { Contender } from './contender.ts';
import type { Scenario } from './scenario.ts';
import type { Sizes } from './sizes.ts';

/** Events published and not yet acknowledged. */
const IN_FLIGHT = 1_000;
const ALONE = 200;

/** Where events are stored before they are acknowledged; the bench of durability has the whole of it. */
export const STORED: Scenario = {
  key: 's6',
  title: 'S6: durable publishing',
  what: ({ storedEvents }) =>
    `${storedEvents.toLocaleString('en-US')} events of 200 bytes into a durable queue, ${IN_FLIGHT.toLocaleString('en-US')} of them unacknowledged at most. What an acknowledgement promises is said beside each name.`,
  columns: [COLUMNS.published, COLUMNS.alone, COLUMNS.publisherCpu, COLUMNS.brokerUs, COLUMNS.brokerMb, COLUMNS.lost],
  flatOut: false,
};

/** @param parent of the folders with the files: on the disk to measure. */
export function storedContender({ peer, version }: Present<Peer>, sizes: Sizes, parent: string): Contender {
  const { key, name, ack } = peer;
  return {
    broker: { key, name, version, manner: ack },
    measure: async ({ progress }) => {
      progress('storing events');
      const order = { parent, events: sizes.storedEvents, inFlight: IN_FLIGHT, alone: ALONE };
      // It throws where an event was lost or wrong.
      const { batched, alone, ownBytes } = await measurePeer(peer, order);
      return {
        publishedPerSecond: batched.rate,
        alonePerSecond: alone.rate,
        publisherCpu: (batched.clientCpuUs * batched.rate) / 1e4,
        brokerUs: batched.serverCpuUs,
        brokerBytes: ownBytes,
        lost: 0,
        wrong: 0,
      };
    },
  };
}
