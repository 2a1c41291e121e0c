import { Backlog } from '../../../broker/delivery/backlog.ts';
import type { Recipient } from '../../../broker/delivery/delivery.ts';
import { OrderedBacklog } from '../../../broker/delivery/ordered-backlog.ts';
import { PushQueue } from '../../../broker/delivery/push-queue.ts';
import { Block } from '../../../broker/log/block.ts';
import { BROKERS_OWN } from '../../../broker/protocol/index.ts';
import type { PublishedEvent } from '../../../broker/publish/event.ts';
import { Publish } from '../../../broker/publish/publish.ts';
import { Link } from '../../../broker/session/link.ts';
import { NumberedLine } from '../../../broker/session/numbered-line.ts';
import { Registrations } from '../../../broker/subscribe/registrations.ts';
import { patch } from '../simulation/planted/patch.ts';

/** A mistake in the order that a broker could make; `plant` answers how to undo it. */
export interface OrderBug {
  readonly name: string;
  readonly plant: () => () => void;
}

/** The first event that it is offered from now on it gets after the next one. */
function delayingOne(recipient: Recipient): Recipient {
  let delayed: PublishedEvent | undefined;
  return {
    offer(event) {
      if (delayed === undefined) {
        event.own();
        delayed = event;
        return;
      }
      recipient.offer(event);
      if (delayed !== BOTH) recipient.offer(delayed);
      delayed = BOTH;
    },
    fateOf: (seq) => recipient.fateOf(seq),
  };
}
const BOTH = {} as PublishedEvent;

export const ORDER_BUGS: readonly OrderBug[] = [
  {
    name: 'what is with somebody holds nothing back',
    plant: () => patch(OrderedBacklog.prototype, 'handed', () => () => {}),
  },
  {
    name: 'what comes again is overtaken',
    plant: () =>
      patch(
        OrderedBacklog.prototype,
        'giveBack',
        (giveBack) =>
          function (this: OrderedBacklog<{ seq: number }>, entry) {
            // Whatever came back is over as far as the others are concerned.
            this.over(entry);
            giveBack.call(this, entry);
          },
      ),
  },
  {
    name: 'an order that is asked for is forgotten',
    plant: () => patch(OrderedBacklog.prototype, 'next', () => Backlog.prototype.next),
  },
  {
    name: 'a subscription with another predicate loses its place',
    plant: () =>
      patch(
        Registrations.prototype,
        'replace',
        (replace) =>
          function (this: Registrations, registration, when) {
            const seq = replace.call(this, registration, when);
            (registration as { recipient: Recipient }).recipient = delayingOne(registration.recipient);
            return seq;
          },
      ),
  },
  {
    name: 'a full queue puts its oldest event at its end',
    plant: () =>
      patch(
        PushQueue.prototype,
        'dropOldest',
        (dropOldest) =>
          function (this: PushQueue) {
            const first = this.peek()?.event;
            if (first === undefined || this.length < 2) return dropOldest.call(this);
            this.drop(1);
            const dropped = dropOldest.call(this);
            this.add(first);
            return dropped;
          },
      ),
  },
  {
    name: 'a publisher is another one on every connection',
    plant: () => {
      let connections = 0;
      const known = new WeakMap<Link, number>();
      return replaceGetter(Link.prototype, 'provenance', (link, provenance) => {
        if (!known.has(link)) connections += 1;
        const publisher = known.get(link) ?? connections;
        known.set(link, publisher);
        return { ...(provenance as object), publisher };
      });
    },
  },
  {
    name: 'what was refused is overtaken by what its publisher sent after it',
    plant: () => patch(NumberedLine.prototype, 'check', () => () => {}),
  },
  {
    name: 'a run comes backwards',
    plant: () =>
      patch(
        Registrations.prototype,
        'deliverRun',
        () =>
          function (this: Registrations, run, from, count, matches) {
            for (let i = from + count - 1; i >= from; i--) this.deliver(run.event(i), matches);
            return true;
          },
      ),
  },
  {
    name: 'the store does not know who published what',
    plant: () =>
      patch(
        Block.prototype,
        'find',
        (find) =>
          function (this: Block, seq) {
            const found = find.call(this, seq);
            return found && { ...found, provenance: { ...BROKERS_OWN, publisher: seq } };
          },
      ),
  },
  {
    name: 'every publisher is said to have known nothing',
    plant: () =>
      patch(
        Publish.prototype,
        'publish',
        (publish) =>
          function (this: Publish, publisher, publication, to, ref) {
            const { order } = publication.options;
            const options = { ...publication.options, order: order && { ...order, past: 0 } };
            publish.call(this, publisher, { ...publication, options }, to, ref);
          },
      ),
  },
  {
    name: 'two events change places before some of their subscribers',
    plant: () => {
      let last: PublishedEvent | undefined;
      let late = { ids: new Int32Array(0), count: 0 };
      return patch(
        Registrations.prototype,
        'deliver',
        (deliver) =>
          function (this: Registrations, event, matches) {
            if (last === undefined && matches.count > 1) {
              event.own();
              last = event;
              // Only to the first of them now, and to the others after the next event.
              deliver.call(this, event, { ids: matches.ids, count: 1 });
              late = { ids: matches.ids.slice(1, matches.count), count: matches.count - 1 };
              return;
            }
            deliver.call(this, event, matches);
            if (last !== undefined) deliver.call(this, last, late);
            last = undefined;
          },
      );
    },
  },
];

function replaceGetter<T extends object>(
  prototype: T,
  name: keyof T,
  make: (object: T, value: unknown) => unknown,
): () => void {
  const original = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: T) {
      return make(this, original.get?.call(this));
    },
  });
  return () => void Object.defineProperty(prototype, name, original);
}
