import type { Time } from '../../../../broker/kernel/time.ts';
import type { RecordKind } from '../../../../broker/store/keys.ts';
import type { Change, KeyRange, StoredRecord } from '../../../../broker/store/store.ts';
import type { Door, Transport } from '../../../../broker/transports/transport.ts';
import type { Plant } from '../world.ts';
import { around, doneAtOnce } from './around.ts';
import type { PlantedBug } from './planted-bug.ts';

/** What becomes of the changes of every commit. */
function commits(change: (changes: readonly Change[]) => readonly Change[]): Plant {
  return {
    store: (store) => around(store, { commit: (changes, done) => store.commit(change(changes), done) }),
  };
}

/** No record of this kind is written or deleted. */
function without(kind: RecordKind): Plant {
  return commits((changes) => changes.filter(({ key }) => key[0] !== kind.charCodeAt(0)));
}

/** Records of this kind are written when they are new, and never again. */
function onlyFirst(kind: RecordKind): Plant {
  const written = new Set<string>();
  return commits((changes) =>
    changes.filter(({ key, value }) => {
      if (key[0] !== kind.charCodeAt(0) || value === undefined) return true;
      const before = written.has(String(key));
      written.add(String(key));
      return !before;
    }),
  );
}

/** What becomes of the records of every range. */
function ranges(change: (records: readonly StoredRecord[], range: KeyRange) => readonly StoredRecord[]): Plant {
  return { store: (store) => around(store, { range: (range) => change(store.range(range), range) }) };
}

/** What a store may do wrong, whatever is in it. */
const inStore: readonly PlantedBug[] = [
  {
    name: 'a commit is called done before its flush',
    plant: () => ({ store: doneAtOnce }),
  },
  {
    name: 'nobody is told that the disk fails',
    plant: () => ({
      store: (store) => around(store, { commit: (changes, done) => store.commit(changes, () => done(undefined)) }),
    }),
    wishes: { diskFaults: 3 },
  },
  {
    name: 'every fifth commit is forgotten',
    plant: () => ({
      store(store, time) {
        let count = 0;
        return around(store, {
          commit(changes, done) {
            count += 1;
            if (count % 5 === 0) time.afterReads(() => done(undefined));
            else store.commit(changes, done);
          },
        });
      },
    }),
  },
  { name: 'half of each commit is forgotten', plant: () => commits((changes) => changes.slice(changes.length >> 1)) },
  {
    name: 'nothing is ever deleted',
    plant: () => commits((changes) => changes.filter(({ value }) => value !== undefined)),
  },
  {
    name: 'what became of entries is not written',
    plant: () => without('s'),
    wishes: { crashes: 1, interference: 0, steps: 150 },
  },
  { name: 'what mailboxes count is written once', plant: () => onlyFirst('c'), wishes: { crashes: 3 } },
  { name: 'numbers that are reserved are not written', plant: () => without('n'), wishes: { crashes: 3 } },
  { name: 'ids are not written', plant: () => without('i'), wishes: { crashes: 3 } },
  { name: 'last values are not written', plant: () => without('t'), wishes: { crashes: 3 } },
  { name: 'delayed events are not written', plant: () => without('l'), wishes: { crashes: 3 } },
  { name: 'changes of mailboxes are not written', plant: () => onlyFirst('m'), wishes: { crashes: 3 } },
  {
    name: 'ranges are read from their end',
    plant: () => ranges((records) => [...records].reverse()),
    wishes: { crashes: 3 },
  },
  {
    name: 'a page that is full loses its last record',
    plant: () =>
      ranges((records, { limit }) => (limit > 1 && records.length === limit ? records.slice(0, -1) : records)),
    wishes: { crashes: 3 },
  },
];

const inTime: readonly PlantedBug[] = [
  {
    name: 'leases end a tenth of their time too early',
    plant: () => ({
      time(time: Time): Time {
        const originMs = time.monotonicMs();
        return {
          monotonicMs: () => originMs + 1.1 * (time.monotonicMs() - originMs),
          wallMs: () => time.wallMs(),
          every: (periodMs, tick) => time.every(periodMs, tick),
          afterReads: (then) => time.afterReads(then),
        };
      },
    }),
  },
];

const inTransport: readonly PlantedBug[] = [
  {
    name: 'one frame in forty is never sent',
    plant: () => ({ transport: (transport) => sending(transport, (i) => (i % 40 === 39 ? 0 : 1)) }),
  },
  {
    name: 'one frame in forty is sent twice',
    plant: () => ({ transport: (transport) => sending(transport, (i) => (i % 40 === 39 ? 2 : 1)) }),
  },
];

/** A transport that sends the i-th frame of events so many times. */
function sending(transport: Transport, times: (i: number) => number): Transport {
  let sent = 0;
  return {
    name: transport.name,
    listen: (door: Door) =>
      transport.listen({
        admit: (wish) => door.admit(wish),
        request: (request, reply) => door.request(request, reply),
        accept: (connection) =>
          door.accept({
            remote: connection.remote,
            protocol: connection.protocol,
            get bufferedBytes() {
              return connection.bufferedBytes;
            },
            sendText: (text) => connection.sendText(text),
            sendBinary(frame) {
              const count = times(sent++);
              for (let i = 1; i < count; i++) connection.sendBinary(frame);
              return count === 0 ? 'sent' : connection.sendBinary(frame);
            },
            close: (code, reason) => connection.close(code, reason),
            nudge: () => connection.nudge(),
          }),
      }),
    stopAccepting: () => transport.stopAccepting(),
    close: () => transport.close(),
  };
}

/** Mistakes in what the broker is given: its store, its clock, its network. */
export const BUGS_IN_SURROUNDINGS: readonly PlantedBug[] = [...inStore, ...inTime, ...inTransport];
