import { randomBytes } from 'node:crypto';
import { presentPeers } from '../durable/present-peers.ts';
import { PEERS } from '../peers/catalogue.ts';
import { PUBSUB_KEYS, pubSubPeerOf } from '../peers/pubsub-catalogue.ts';
import type { PubSubPeer } from '../peers/pubsub-peer.ts';
import type { Contender, Contest } from './contender.ts';
import { type LeftOut, OURS } from './results.ts';
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

interface PresentPubSub {
  readonly peer: PubSubPeer;
  readonly version: string;
}

/** Who takes part in which scenario, in the order of their keys; and who cannot, because it is not here. */
export async function contestsOf(order: ContestsOrder): Promise<{ contests: Contest[]; leftOut: LeftOut[] }> {
  const { scenarios, url } = order;
  const leftOut: LeftOut[] = [];
  const present = await presentPubSub(url === undefined ? order.peers : [OURS], leftOut);
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

async function presentPubSub(keys: readonly string[], leftOut: LeftOut[]): Promise<PresentPubSub[]> {
  const present: PresentPubSub[] = [];
  for (const key of keys.filter((one) => PUBSUB_KEYS.includes(one))) {
    const peer = await pubSubPeerOf(key).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      leftOut.push({ name: key, why: 'a package that its client needs is not installed' });
    });
    if (peer === undefined) continue;
    const found = await peer.availability();
    if ('version' in found) present.push({ peer, version: found.version });
    else leftOut.push({ name: peer.name, why: found.leftOut });
  }
  return present;
}

function pubSubContender({ peer, version }: PresentPubSub, scenario: PubSubScenario, order: ContestsOrder): Contender {
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
  const asked = PEERS.map(({ key }) => key).filter((key) => peers.includes(key));
  if (asked.length === 0) return { scenario: STORED, contenders: [] };
  const found = await presentPeers(asked);
  leftOut.push(...found.leftOut);
  return { scenario: STORED, contenders: found.present.map((one) => storedContender(one, sizes, parent)) };
}
