import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ANY, type Client, connect, TellwhenError } from '../../client/index.ts';
import { CliProcess, freePort, jsonLines, runCli, startBrokerProcess } from '../support/processes.ts';

/** A dozen processes, one after the other. */
const LONG_MS = 90_000;

/** Resolves when `there` does; it is asked again and again. */
async function until(there: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!(await there())) {
    if (performance.now() > endMs) throw new Error('it never came to that');
    await sleep(10);
  }
}

const waiting = async (client: Client, space: string): Promise<number> =>
  (await client.spaces.inspect(space).catch(() => undefined))?.waiting ?? 0;

describe('tellwhen out, rd, in and space', () => {
  it(
    'put, read and take, one JSON text a line',
    async () => {
      await using broker = await startBrokerProcess();
      const cli = (...args: string[]) => runCli([...args, '--url', broker.url]);
      const put = await cli('out', 'blog', '["alice", "distsys", "chapter 2 is simpler"]', '--lease', '10m');
      expect(jsonLines(put.stdout)).toEqual([
        { tuple: expect.any(Number), remainingMs: 600_000, durable: false, repeated: false },
      ]);
      const lines = await runCli(['out', 'blog', '--url', broker.url], {
        input: '["bob", "gtcn", "a fine book"]\n\n{"who": "bob"}\nnonsense\n["bob", "distsys", "hard"]\n',
      });
      expect(jsonLines(lines.stdout)).toEqual([{ put: 3, refused: 1 }]);
      expect(jsonLines(lines.stderr)).toMatchObject([{ error: { line: 4, code: 'usage' } }]);
      expect(lines.code).toBe(1);
    },
    LONG_MS,
  );

  it(
    'find by templates and predicates, or say by the exit code that there is nothing',
    async () => {
      await using broker = await startBrokerProcess();
      const cli = (...args: string[]) => runCli([...args, '--url', broker.url]);
      const client = await connect(broker.url);
      const blog = client.space('blog');
      await blog.out(['alice', 'distsys', 'chapter 2 is simpler']);
      await blog.out(['bob', 'gtcn', 'a fine book']);
      await blog.out({ who: 'bob' });
      await blog.out(['bob', 'distsys', 'hard']);
      await client.close();

      expect((await cli('rd', 'blog', '["bob", "distsys", String]')).stdout).toBe('["bob","distsys","hard"]\n');
      const all = await cli('rd', 'blog', '[*, "distsys", String]', '--all');
      expect(all.stdout).toBe('["alice","distsys","chapter 2 is simpler"]\n["bob","distsys","hard"]\n');
      expect((await cli('rd', 'blog', '--when', "who = 'bob'")).stdout).toBe('{"who":"bob"}\n');
      expect((await cli('space', 'count', 'blog', '[*, *, *]')).stdout).toBe('{"space":"blog","count":3}\n');

      expect((await cli('in', 'blog', '["bob", *, *]', '--when', "$1 = 'gtcn'")).stdout).toBe(
        '["bob","gtcn","a fine book"]\n',
      );
      expect(await cli('in', 'blog', '["bob", "gtcn", *]', '--now')).toMatchObject({ code: 3, stdout: '' });
      expect(await cli('in', 'blog', '["chuck"]', '--timeout', '50ms')).toMatchObject({ code: 4, stdout: '' });
      expect(jsonLines((await cli('space', 'ls')).stdout)).toMatchObject([
        { space: 'blog', tuples: 3, outs: 4, takes: 1 },
      ]);
      expect((await cli('space', 'show', 'blog', '--text')).stdout).toContain('3 of 100000');
      expect((await cli('in', 'blog', '--all')).stdout.split('\n')).toHaveLength(4);
      expect(jsonLines((await cli('space', 'rm', 'blog')).stdout)).toEqual([{ space: 'blog', removed: 0 }]);
      expect(await cli('space', 'show', 'blog')).toMatchObject({ code: 1 });
    },
    LONG_MS,
  );

  it('rd and in wait for what somebody else puts; --watch sees all that comes', async () => {
    await using broker = await startBrokerProcess();
    await using watcher = new CliProcess([
      'rd',
      'jobs',
      '["a", Number]',
      '--watch',
      '--count',
      '2',
      '--url',
      broker.url,
    ]);
    await watcher.says(/watching/);
    await using taker = new CliProcess(['in', 'jobs', '["a", Number]', '--url', broker.url]);
    const client = await connect(broker.url);
    await until(async () => (await waiting(client, 'jobs')) === 1);
    const jobs = client.space('jobs');
    await jobs.out(['b', 1]);
    await jobs.out(['a', 'text']);
    await jobs.out(['a', 2]);
    await jobs.out(['a', 3]);
    expect((await taker.exit()).stdout).toBe('["a",2]\n');
    expect(await watcher.exit()).toMatchObject({ code: 0, stdout: '["a",2]\n["a",3]\n' });
    await client.close();
  });

  it('in --exec works on one after the other; what fails is back at its place', async () => {
    await using broker = await startBrokerProcess();
    const client = await connect(broker.url);
    const jobs = client.space('jobs');
    await jobs.out(['do', 1]);
    await jobs.out(['do', 2]);
    const work = ['in', 'jobs', '["do", Number]', '--exec'];
    const { code, stdout } = await runCli([...work, 'cat', '--count', '1', '--url', broker.url]);
    expect([code, stdout]).toEqual([0, '["do",1]\n']);
    await using failing = new CliProcess([...work, 'exit 3', '--url', broker.url]);
    await failing.says(/exited with 3/);
    failing.signal('SIGINT');
    expect((await failing.exit()).code).toBe(0);
    expect(await jobs.rdAll(ANY)).toEqual([['do', 2]]);
    await client.close();
  });

  it('a worker that is killed gives back what it had', async () => {
    await using broker = await startBrokerProcess();
    const client = await connect(broker.url);
    const jobs = client.space('jobs');
    await jobs.out(['do', 1]);
    await jobs.out(['do', 2]);
    {
      await using worker = new CliProcess(
        ['in', 'jobs', '["do", Number]', '--exec', 'echo begun; exec sleep 60', '--url', broker.url],
        {},
      );
      await worker.says(/begun/);
      expect(await jobs.rdAll(ANY)).toEqual([['do', 2]]);
      worker.signal('SIGKILL');
    }
    expect(await jobs.in(['do', 1], { timeoutMs: 5_000 })).toEqual(['do', 1]);
    await client.close();
  });
});

describe('tellwhen examples', () => {
  it('microblog: Alice, Bob and Chuck', async () => {
    const { code, stdout, stderr } = await runCli(['examples', 'microblog', '--text']);
    expect(stderr).toBe('');
    expect(stdout).toContain('chuck has waited for: Graphs are not easy');
    expect(stdout).toContain('chuck finds who thinks that anything is simpler: alice');
    expect(stdout).toContain('left in the blog: 4 posts');
    expect(code).toBe(0);
  });

  it(
    'tasks: every task is done once, though workers are killed',
    async () => {
      await using broker = await startBrokerProcess();
      const { code, stdout } = await runCli(['examples', 'tasks', '--text', '--kills', '2', '--url', broker.url]);
      expect(stdout.match(/came back/g)).toHaveLength(2);
      expect(stdout).toContain('3245 primes below 30000: that is right');
      expect(code).toBe(0);
      expect((await runCli(['space', 'ls', '--url', broker.url])).stdout).toBe('');
    },
    LONG_MS,
  );
});

describe('a broker that is killed and starts again', () => {
  it(
    'has in its durable spaces what was put and not taken, once, and who waits waits on',
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'tellwhen-spaces-'));
      const port = await freePort();
      const where = ['--data-dir', dataDir];
      let broker = await startBrokerProcess(where, { port });
      const client = await connect(broker.url, { reconnect: { minMs: 50, maxMs: 200 } });
      const jobs = client.space('jobs', { durable: true });
      await Promise.all(Array.from({ length: 100 }, (_, n) => jobs.out(['do', n])));
      for (let n = 0; n < 40; n++) await jobs.in(['do', n]);
      const held = await jobs.in(['do', 40], { manual: true });
      const waits = jobs.in(['later', String]);

      // Some are on their way when it is killed.
      const putting = Array.from({ length: 200 }, (_, n) => jobs.out(['more', n]));
      broker.process.signal('SIGKILL');
      await broker[Symbol.asyncDispose]();
      broker = await startBrokerProcess(where, { port });

      const put = await Promise.all(putting);
      expect(put.every(({ durable }) => durable)).toBe(true);
      await client.space('jobs').out(['later', 'at last']);
      expect(await waits).toEqual(['later', 'at last']);
      await expect(held.commit()).rejects.toBeInstanceOf(TellwhenError);
      // Those that others may have had are there after five seconds.
      await until(async () => (await jobs.count(['do', Number])) === 60);
      const numbers = (await jobs.inAll(['more', Number])).map(([, n]) => n);
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
      await client.close();
      await broker[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true });
    },
    LONG_MS,
  );
});
