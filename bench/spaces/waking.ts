import { connect } from '../../client/index.ts';
import type { Server } from '../peers/peer.ts';

export interface Waking {
  readonly waiters: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const FEW = 10;
const OUTS = 2_000;

/** One client waits for many tuples at the same time, each by a template of its own; another puts one of them. */
export async function measureWaking(server: Server, waiters: number): Promise<Waking[]> {
  const found: Waking[] = [];
  for (const among of [FEW, waiters]) found.push(await measure(server, among));
  return found;
}

async function measure({ address }: Server, waiters: number): Promise<Waking> {
  const waiting = await connect(address, { name: 'bench: waits' });
  const putting = await connect(address, { name: 'bench: puts' });
  const name = `waking ${waiters}`;
  const waitingSpace = waiting.space(name);
  const puttingSpace = putting.space(name);
  const timesUs: number[] = [];
  let startMs = 0;
  let expected = -1;
  let woken = (): void => {};
  const wait = (n: number): void => {
    void waitingSpace.in(['for', n, Number], { final: true }).then(
      ([, to]) => {
        timesUs.push((performance.now() - startMs) * 1_000);
        if (to !== expected) throw new Error(`${expected} was put, and ${to} woken`);
        woken();
      },
      () => {},
    );
  };
  for (let n = 0; n < waiters; n++) wait(n);
  while ((await putting.spaces.inspect(name).catch(() => undefined))?.waiting !== waiters) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (let i = 0; i < OUTS; i++) {
    expected = (i * 7_919) % waiters;
    const told = new Promise<void>((resolve) => {
      woken = resolve;
    });
    startMs = performance.now();
    const put = puttingSpace.out(['for', expected, i]);
    await told;
    await put;
    wait(expected);
    // Its place is taken before the next one is put: who asks on the same connection is answered in order.
    await waitingSpace.rdp(['nothing']);
  }
  await Promise.all([waiting.close(), putting.close()]);
  timesUs.sort((a, b) => a - b);
  const at = (share: number): number => timesUs[Math.floor(timesUs.length * share)] ?? Number.NaN;
  return { waiters, p50Us: at(0.5), p99Us: at(0.99) };
}
