import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { type DiskState, DiskWatch, type DiskWatchOptions } from '../../../../broker/store/disk-watch.ts';
import { MemoryStore } from '../../../../broker/store/memory.ts';

const MB = 1 << 20;

let directory: string;
let ballast: string;
let time: SimulatedTime;
let disk: { storeBytes: number; reusableBytes: number; diskFreeBytes: number; diskBytes: number };
let states: DiskState[];
let looks: number;
const watches: DiskWatch[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tellwhen-disk-'));
  ballast = join(directory, 'ballast');
  time = new SimulatedTime();
  disk = { storeBytes: 0, reusableBytes: 0, diskFreeBytes: 1000 * MB, diskBytes: 2000 * MB };
  states = [];
  looks = 0;
});

afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop();
  rmSync(directory, { recursive: true });
});

/** Low below 100 MB, critical below 25 MB. */
function watching(options: Partial<DiskWatchOptions> = {}): DiskWatch {
  const watch = new DiskWatch({
    directory,
    time,
    space: () => {
      looks++;
      return { ...disk };
    },
    diskFreeBytesMin: 100 * MB,
    diskFreePercentMin: 1,
    ballastBytes: 0,
    changed: (state) => void states.push(state),
    ...options,
  });
  watches.push(watch);
  return watch;
}

/** The state with so much left on the disk, and so much to be used again in the file. */
function seen(watch: DiskWatch, freeMb: number, reusableMb = 0): DiskState {
  disk.diskFreeBytes = freeMb * MB;
  disk.reusableBytes = reusableMb * MB;
  time.advance(1000);
  return watch.state;
}

describe('the state of the disk', () => {
  it('is low below the mark, and open again only well above it', () => {
    const watch = watching();
    expect([100, 99, 100, 124, 125, 100, 99].map((mb) => seen(watch, mb))).toEqual(
      ['open', 'low', 'low', 'low', 'open', 'open', 'low'], //
    );
    expect(states).toEqual(['low', 'open', 'low']);
  });

  it('is critical below a quarter of the mark, for good', () => {
    const watch = watching();
    expect([25, 24, 1000].map((mb) => seen(watch, mb))).toEqual(['low', 'critical', 'critical']);
    expect(states).toEqual(['low', 'critical']);
  });

  it('takes the larger of the two marks', () => {
    const watch = watching({ diskFreePercentMin: 50 });
    expect([1001, 999].map((mb) => seen(watch, mb))).toEqual(['open', 'low']);
  });

  it('is open again when half of what is free in the file is room enough', () => {
    const watch = watching();
    expect(seen(watch, 90)).toBe('low');
    expect(seen(watch, 90, 69)).toBe('low');
    expect(seen(watch, 90, 70)).toBe('open');
    expect(seen(watch, 20, 160)).toBe('open');
    expect(seen(watch, 20, 20)).toBe('low');
    expect(seen(watch, 20, 0)).toBe('critical');
  });

  it('is low when the disk itself has next to nothing left, but not the end', () => {
    const watch = watching();
    expect([7, 6, 12, 13].map((mb) => seen(watch, mb, 1000))).toEqual(['open', 'low', 'low', 'open']);
  });

  it('is known from the start', () => {
    disk.diskFreeBytes = 10 * MB;
    expect(watching().state).toBe('critical');
    expect(states).toEqual(['critical']);
  });

  it('is looked at sooner when much was written', () => {
    const watch = watching();
    disk.diskFreeBytes = 50 * MB;
    watch.wrote(6 * MB);
    expect([watch.state, looks]).toEqual(['open', 1]);
    watch.wrote(MB);
    expect([watch.state, looks]).toEqual(['low', 2]);
    watch.wrote(6 * MB);
    expect(looks).toBe(2);
  });

  it('is not looked at when it was stopped', () => {
    watching().stop();
    time.advance(5000);
    expect(looks).toBe(1);
  });

  it('is open without a disk', async () => {
    const watch = watching({ space: () => new MemoryStore(time).space(), diskFreePercentMin: 10 });
    time.advance(1000);
    expect(watch.state).toBe('open');
  });
});

describe('the ballast', () => {
  it('takes its size, and is kept as it is', async () => {
    await watching({ ballastBytes: 3 * MB + 5 }).layBallast();
    const first = statSync(ballast);
    expect(first.size).toBe(3 * MB + 5);
    expect(first.blocks * 512).toBeGreaterThan(3 * MB);
    await watching({ ballastBytes: 3 * MB + 5 }).layBallast();
    expect(statSync(ballast).ino).toBe(first.ino);
  });

  it('of another size is replaced, or taken away', async () => {
    writeFileSync(ballast, 'unfinished');
    await watching({ ballastBytes: MB }).layBallast();
    expect(statSync(ballast).size).toBe(MB);
    await watching({ ballastBytes: 0 }).layBallast();
    expect(existsSync(ballast)).toBe(false);
  });

  it('is not laid where that would come near the mark', async () => {
    disk.diskFreeBytes = 125 * MB + MB - 1;
    await watching({ ballastBytes: MB }).layBallast();
    expect(existsSync(ballast)).toBe(false);
    disk.diskFreeBytes++;
    await watching({ ballastBytes: MB }).layBallast();
    expect(existsSync(ballast)).toBe(true);
  });

  it('is freed when it becomes critical, before anybody is told', async () => {
    let there = true;
    const watch = watching({
      ballastBytes: MB,
      changed: () => {
        there = existsSync(ballast);
      },
    });
    await watch.layBallast();
    expect([seen(watch, 90), there]).toEqual(['low', true]);
    expect([seen(watch, 10), there]).toEqual(['critical', false]);
  });
});
