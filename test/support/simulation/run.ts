import type { Chance } from '../../../broker/kernel/chance.ts';
import { seededChance } from '../../../broker/kernel/chance.ts';
import { faultsOf } from './checkers/index.ts';
import type { Fact, FactOf } from './history.ts';
import { DEAD_LETTERS } from './mailbox-truth.ts';
import { drawProfile, type Profile, type ProfileWishes } from './profile.ts';
import type { SimulatedClient } from './simulated-client.ts';
import { SimulatedConsumer } from './simulated-consumer.ts';
import { SimulatedOperator } from './simulated-operator.ts';
import { SimulatedPublisher } from './simulated-publisher.ts';
import { SimulatedWatcher } from './simulated-watcher.ts';
import { type Plant, World } from './world.ts';

export interface Outcome {
  readonly history: readonly Fact[];
  /** What the checkers found, and what the broker itself could not cope with. */
  readonly faults: readonly string[];
}

type Step = readonly [weight: number, step: (run: Run) => void | Promise<void>];

const STEPS: readonly Step[] = [
  [12, (run) => run.pick(run.publishers).publish(1 + run.below(4))],
  [2, (run) => run.pick(run.publishers).publish(1 + run.below(30))],
  [16, (run) => run.pick(run.consumers).act()],
  [8, (run) => run.world.time.advance(run.below(30))],
  [8, (run) => run.world.time.advance(run.below(2_000))],
  [1, (run) => run.world.time.advance(run.below(20_000))],
  [1, (run) => run.world.time.stall(run.below(3_000))],
  [1, (run) => run.pick(run.clients).vanish()],
  [1, (run) => run.pick(run.consumers).read(false)],
  [2, (run) => run.pick(run.consumers).read(true)],
  [1, (run) => run.pick(run.consumers).detach()],
  [1, (run) => run.pick(run.consumers).replace(run.below(7))],
  [1, (run) => run.operator.pause(run.pick(run.consumers).mailbox, true)],
  [2, (run) => run.operator.pause(run.pick(run.consumers).mailbox, false)],
  [1, (run) => run.operator.inspect(run.pick(run.consumers).mailbox)],
  [0.5, (run) => run.operator.peek(run.pick(run.consumers).mailbox)],
  [2, (run) => run.connectAll()],
];

/** How often these are done depends on the profile. */
const WEIGHTED: readonly (readonly [
  of: 'crashes' | 'diskFaults' | 'fullDisks' | 'cleanStops' | 'interference',
  step: Step,
])[] = [
  ['interference', [0.4, (run) => run.operator.purge(run.pick(run.consumers).mailbox)]],
  ['interference', [0.4, (run) => run.operator.remove(run.pick(run.consumers).mailbox)]],
  ['interference', [1, (run) => run.operator.replay(run.pick(run.consumers).mailbox)]],
  ['crashes', [0.5, (run) => run.world.crash()]],
  ['crashes', [0.5, (run) => run.world.crashSoon(run.below(30))]],
  ['diskFaults', [0.3, (run) => run.world.disk.plan({ kind: 'fails', atCommit: 1 + run.below(5) })]],
  ['diskFaults', [0.3, (run) => run.world.disk.plan({ kind: 'hangs', atCommit: 1 + run.below(5) })]],
  ['fullDisks', [0.5, (run) => run.world.fillDisk(true)]],
  ['fullDisks', [1, (run) => run.world.fillDisk(false)]],
  ['cleanStops', [0.5, (run) => run.world.stop()]],
];

const HEAL_LOOK_MS = 500;
/** Nothing was left to be done for so long. */
const QUIET_MS = 2_500;
/** Longer than the longest lease, rest and delay together. */
const HEAL_MS = 400_000;
const LONGEST_DELAY_MS = 11_000;

/** One run of the whole broker among clients that do what chance says, and faults; then everything heals. */
export class Run {
  readonly world: World;
  readonly publishers: readonly SimulatedPublisher[];
  readonly consumers: readonly SimulatedConsumer[];
  readonly operator = new SimulatedOperator();
  readonly clients: readonly SimulatedClient[];
  readonly #chance: Chance;
  readonly #profile: Profile;
  #n = 0;

  constructor(seed: number, wishes: ProfileWishes = {}, plant: Plant = {}) {
    this.#chance = seededChance(seed);
    this.#profile = drawProfile(this.#chance, wishes);
    this.world = new World(seed, this.#profile, plant);
    this.publishers = this.#profile.publishers.map(
      (habits, i) =>
        new SimulatedPublisher({
          publisher: i + 1,
          chance: this.#chance,
          habits,
          nextNumber: () => ++this.#n,
        }),
    );
    const consumers = this.#profile.mailboxes.flatMap(({ name, terms, consumers: modes }) =>
      modes.map(
        (mode, i) =>
          new SimulatedConsumer({ name: `${name} ${i + 1}`, mailbox: name, mode, terms, chance: this.#chance }),
      ),
    );
    const undertaker = new SimulatedConsumer({
      name: 'undertaker',
      mailbox: DEAD_LETTERS,
      mode: 'push',
      chance: this.#chance,
    });
    undertaker.eager = true;
    this.consumers = consumers;
    this.clients = [...this.publishers, ...consumers, undertaker, this.operator];
  }

  async go(): Promise<Outcome> {
    const steps = [...STEPS, ...WEIGHTED.map(([of, [weight, step]]): Step => [weight * this.#profile[of], step])];
    for (let i = 0; i < this.#profile.steps; i++) {
      if (!this.world.running) await this.#restart();
      await this.#draw(steps)(this);
      this.world.time.settle();
    }
    await this.#heal();
    this.world.recorder.add('over', {});
    const { history } = this.world.recorder;
    return {
      history,
      faults: [
        ...this.world.faults,
        ...this.world.recorder.unreadable,
        ...this.world.disk.offences,
        ...faultsOf(history, { rotten: this.#profile.rot > 0 }),
      ],
    };
  }

  connectAll(): void {
    for (const client of this.clients) {
      if (!client.trying) this.#connect(client);
      else if (client instanceof SimulatedConsumer) client.attach();
    }
  }

  below(bound: number): number {
    return Math.floor(this.#chance.fraction() * bound);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  #connect(client: SimulatedClient): void {
    const peer = this.world.connect();
    if (peer !== undefined) client.connect(peer);
  }

  async #restart(): Promise<void> {
    for (const client of this.clients) client.lose();
    this.world.time.advance(this.below(2_000));
    const dies = this.#profile.crashes > 0 && this.#chance.fraction() < 0.2;
    if (this.#chance.fraction() < this.#profile.rot) this.world.disk.rot();
    await this.world.start(dies ? { livesFor: this.below(20) } : {});
    this.connectAll();
  }

  #draw(steps: readonly Step[]): Step[1] {
    let at = this.#chance.fraction() * steps.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, step] of steps) {
      at -= weight;
      if (at < 0) return step;
    }
    return () => {};
  }

  /** Nothing goes wrong any more; everybody works until nothing is left that could come. */
  async #heal(): Promise<void> {
    const { world } = this;
    world.crashSoon(Number.POSITIVE_INFINITY);
    if (!world.disk.heal()) world.crash();
    world.fillDisk(false);
    if (!world.running && !(await this.#startForGood())) return;
    for (const consumer of this.consumers) {
      consumer.read(true);
      consumer.hurry();
    }
    this.connectAll();
    world.time.advance(HEAL_LOOK_MS);
    for (const { name } of this.#profile.mailboxes) this.operator.pause(name, false);
    world.time.advance(HEAL_LOOK_MS);
    world.recorder.add('healed', {});
    const healedMs = world.time.monotonicMs();
    const endMs = healedMs + HEAL_MS;
    // What is delayed comes later, or is tried again where there was no room.
    let notBeforeMs = healedMs + LONGEST_DELAY_MS;
    while (world.time.monotonicMs() < endMs) {
      this.connectAll();
      for (const publisher of this.publishers) publisher.retry();
      for (const { name } of this.#profile.mailboxes) this.operator.inspect(name);
      // Later on only leases and rests are waited for, which take long.
      world.time.advance(world.time.monotonicMs() < healedMs + LONGEST_DELAY_MS ? HEAL_LOOK_MS : 4 * HEAL_LOOK_MS);
      if (!world.running) {
        world.faults.push('the broker ended when nothing was wrong');
        return;
      }
      const nowMs = world.time.monotonicMs();
      if (!this.#isDone()) notBeforeMs = Math.max(notBeforeMs, nowMs + QUIET_MS);
      if (nowMs >= notBeforeMs) {
        this.#watch();
        return;
      }
    }
    world.faults.push('the work never ends');
  }

  #watch(): void {
    this.world.recorder.add('watched', {});
    this.#connect(new SimulatedWatcher());
    this.world.time.advance(4 * HEAL_LOOK_MS);
  }

  /** All events have found their way, as far as publishers and mailboxes know. */
  #isDone(): boolean {
    const { history } = this.world.recorder;
    return (
      this.publishers.every(({ isDone }) => isDone) &&
      this.#profile.mailboxes.every(
        ({ name }) =>
          history.findLast((fact): fact is FactOf<'inspected'> => fact.kind === 'inspected' && fact.mailbox === name)
            ?.entries === 0,
      )
    );
  }

  /** False when it does not start, which the world has noted. */
  async #startForGood(): Promise<boolean> {
    for (const client of this.clients) client.lose();
    await this.world.start();
    this.connectAll();
    return this.world.running;
  }
}

/** The whole of one seed. */
export async function simulate(seed: number, wishes: ProfileWishes = {}, plant: Plant = {}): Promise<Outcome> {
  const uninstall = plant.install?.() ?? (() => {});
  try {
    return await new Run(seed, wishes, plant).go();
  } finally {
    uninstall();
  }
}
