import { randomBytes } from 'node:crypto';
import { PEER_KEYS, peerOf } from '../peers/catalogue.ts';
import { type LeftOut, type Present, presentOf } from '../peers/present.ts';
import { PUBSUB_KEYS, pubSubPeerOf } from '../peers/pubsub-catalogue.ts';
import type { PubSubPeer } from '../peers/pubsub-peer.ts';
import type { Contender, Contest } from './contender.ts';
import { OURS } from './results.ts';
import { runningAt, startedIn } from './running-server.ts';
import type { PubSubScenario } from './scenario.ts';
import { ALL_SCENARIOS } from './scenario-list.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Sizes } from './sizes.ts';
import { STORED, storedContender } from './stored.ts';

export interface ContestsOrder {
  readonly scenarios: readonly string[];
  readonly peers: readonly string[];
  readonly sizes: Sizes;
  readonly seed: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly url: string | undefined;
  /** Of the folders that brokers are started in. */
  readonly parent: string;
}

/** Who takes part in which scenario, in the order of their keys; and who cannot, because it is not here. */
export async function contestsOf(order: ContestsOrder): Promise<{ contests: Contest[]; leftOut: LeftOut[] }> {
  const { scenarios, url } = order;
  const asked = url === undefined ? order.peers.filter((key) => PUBSUB_KEYS.includes(key)) : [OURS];
  const { present, leftOut } = await presentOf(asked, pubSubPeerOf);
  const contests: Contest[] = SCENARIOS.filter(({ key }) => scenarios.includes(key)).map((scenario) => ({
    scenario,
    contenders: present.filter(({ peer }) => scenario.suits(peer)).map((one) => pubSubContender(one, scenario, order)),
  }));
  // Events are stored in a folder of the bench's own; so a broker that runs elsewhere cannot take part.
  if (scenarios.includes(STORED.key) && url === undefined) contests.push(await storedContest(order, leftOut));
  const placeOf = ({ scenario }: Contest): number => ALL_SCENARIOS.indexOf(scenario);
  contests.sort((one, other) => placeOf(one) - placeOf(other));
  return { contests: contests.filter(({ contenders }) => contenders.length > 0), leftOut };
}

function pubSubContender(
  { peer, version }: Present<PubSubPeer>,
  scenario: PubSubScenario,
  order: ContestsOrder,
): Contender {
  const { key, name, manner } = peer;
  const { sizes, seed, warmUpSeconds, seconds, url, parent } = order;
  const withServer = url === undefined ? startedIn(parent) : runningAt(url);
  return {
    broker: { key, name, version, manner },
    measure: ({ progress, signal }) => {
      progress('starting');
      return withServer(peer, (server) => {
        const topic = `bench/${scenario.key}/${randomBytes(4).toString('hex')}`;
        return scenario.measure({ peer, server, sizes, seed, topic, warmUpSeconds, seconds, progress, signal });
      });
    },
  };
}

async function storedContest({ peers, sizes, parent }: ContestsOrder, leftOut: LeftOut[]): Promise<Contest> {
  const asked = PEER_KEYS.filter((key) => peers.includes(key));
  const found = await presentOf(asked, peerOf);
  leftOut.push(...found.leftOut);
  return { scenario: STORED, contenders: found.present.map((one) => storedContender(one, sizes, parent)) };
}
