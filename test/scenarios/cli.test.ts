import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BrokerProcess, CliProcess, jsonLines, runCli, startBrokerProcess } from '../support/processes.ts';

describe('the command line, against a broker', () => {
  let broker: BrokerProcess;
  beforeAll(async () => {
    broker = await startBrokerProcess();
  });
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
  });
  const run = (args: readonly string[], input?: string) =>
    runCli([...args, '--url', broker.url], input === undefined ? {} : { input });
  const start = (args: readonly string[], input: 'open' | '' = '') =>
    new CliProcess([...args, '--url', broker.url], { input });

  it('tells a subscriber of what matches, and of nothing else', async () => {
    await using sub = start(['sub', 'rooms/+', '--when', 'temperature > 30', '--count', '2', '--ack']);
    await sub.says(/"subscribed"/);
    const receipts = [
      await run(['pub', 'rooms/1', '{"temperature": 31}', '--attr', 'floor=2', '--id', 'a', '--source', 's']),
      await run(['pub', 'rooms/1', '{"temperature": 29}']),
      await run(['pub', 'rooms/2'], '{"temperature": 32}'),
    ];
    const { code, stdout } = await sub.exit();
    expect(code).toBe(0);
    expect(receipts.map((receipt) => jsonLines(receipt.stdout)[0]?.['matched'])).toEqual([1, 0, 1]);
    expect(receipts[1]?.stderr).toContain('nobody was told');
    expect(jsonLines(stdout)).toMatchObject([
      { topic: 'rooms/1', id: 'a', source: 's', attributes: { floor: 2 }, data: { temperature: 31 } },
      { topic: 'rooms/2', data: { temperature: 32 } },
    ]);
  });

  it('sends what is no JSON as text, and refuses what only looks like JSON', async () => {
    await using sub = start(['sub', 'notes', '--count', '1']);
    await sub.says(/"subscribed"/);
    expect(await run(['pub', 'notes', '{broken'])).toMatchObject({ code: 2, stdout: '' });
    expect((await run(['pub', 'notes', 'hello', '--quiet'])).stdout).toBe('');
    expect(jsonLines((await sub.exit()).stdout)).toMatchObject([{ contentType: 'text/plain', text: 'hello' }]);
  });

  it('publishes each line, names those that are none, and counts', async () => {
    await using sub = start(['sub', 'lines', '--count', '999']);
    await sub.says(/"subscribed"/);
    const lines = Array.from({ length: 1000 }, (_, n) => (n === 499 ? '{"n": ' : `{"n": ${n}}`)).join('\n');
    const { code, stdout, stderr } = await run(['pub', 'lines', '--lines'], lines);
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toEqual([{ published: 999, matched: 999, refused: 1 }]);
    expect(stderr).toContain('"line":500');
    const told = jsonLines((await sub.exit()).stdout).map(({ data }) => (data as { n: number }).n);
    expect(told).toEqual(Array.from({ length: 1000 }, (_, n) => n).filter((n) => n !== 499));
  });

  it('works on events under leases, and gives back what a command failed on', async () => {
    const fails = 'cat; test "$TELLWHEN_EVENT_TOPIC" = jobs/good || test "$TELLWHEN_EVENT_ATTEMPT" = 2';
    await using pull = start(['pull', 'jobs/#', '--exec', fails, '--count', '2', '--concurrency', '2']);
    await pull.says(/"subscribed"/);
    await run(['pub', 'jobs/bad', '"bad"']);
    await run(['pub', 'jobs/good', '"good"']);
    const { code, stdout, stderr } = await pull.exit();
    expect(code).toBe(0);
    expect(stdout.match(/"\w+"/g)?.sort()).toEqual(['"bad"', '"bad"', '"good"']);
    expect(jsonLines(stderr)).toContainEqual({
      error: { seq: expect.any(Number), code: 'command_failed', message: 'the command exited with 1' },
    });
  });

  it('ends with 1 when work has failed and was not done since', async () => {
    const fails = 'test "$TELLWHEN_EVENT_TOPIC" = failing/good';
    await using pull = start(['pull', 'failing/#', '--exec', fails, '--count', '1']);
    await pull.says(/"subscribed"/);
    const bad = jsonLines((await run(['pub', 'failing/bad', '1'])).stdout)[0];
    await pull.says(/exited with 1/);
    await run(['pub', 'failing/good', '1']);
    const { code, stderr } = await pull.exit();
    expect(code).toBe(1);
    expect(stderr).toContain(`failed, and not done since: #${bad?.['seq']}`);
  });

  it('takes no more work than is wanted', async () => {
    await using pull = start([
      'pull',
      'wanted',
      '--exec',
      'echo taken; sleep 0.2',
      '--count',
      '2',
      '--concurrency',
      '9',
    ]);
    await pull.says(/"subscribed"/);
    await run(['pub', 'wanted', '--lines'], '1\n2\n3\n4\n');
    const { code, stdout } = await pull.exit();
    expect(code).toBe(0);
    expect(stdout).toBe('taken\ntaken\n');
  });

  it.each(['twice', 'and is hung up on'])('ends a command with all that it started, interrupted %s', async (how) => {
    const [topic = ''] = [`ended/${how.length}`];
    await using pull = start(['pull', topic, '--exec', 'sleep 60 & echo "child $!"; wait']);
    await pull.says(/"subscribed"/);
    await run(['pub', topic, '1']);
    const [, child] = await pull.says(/child (\d+)\n/);
    if (how === 'twice') {
      const insisting = setInterval(() => pull.signal('SIGINT'), 100);
      expect((await pull.exit().finally(() => clearInterval(insisting))).code).toBe(130);
    } else {
      pull.signal('SIGHUP');
      expect((await pull.exit()).code).toBe(129);
    }
    await vi.waitFor(() => expect(isRunning(Number(child))).toBe(false));
  });

  it.skipIf(!existsSync(FULL)).each(['sub --ack', 'pull'])(
    '%s does not acknowledge what it could not print',
    async (command) => {
      const before = await acknowledged(broker);
      const topic = command.replaceAll(' ', '');
      const [child, notes] = spawnToFull([...command.split(' '), topic, '--url', broker.url]);
      const ended = once(child, 'exit');
      const told: string[] = [];
      for await (const line of notes) {
        told.push(line);
        if (line.includes('"subscribed"')) await run(['pub', topic, '1']);
      }
      expect(await ended).toEqual([1, null]);
      expect(told.at(-1)).toMatch(/cannot write the output: ENOSPC/);
      expect(await acknowledged(broker)).toBe(before);
    },
  );

  it('lists who would be told of an event, and why, and tells nobody', async () => {
    await using first = start(['sub', 'dry/+', '--when', 'x > 1']);
    await first.says(/"subscribed"/);
    await using second = start(['sub', 'dry/#']);
    await second.says(/"subscribed"/);
    const about = ['explain', '--topic', 'dry/1', '--all', '--data'];
    const both = await run([...about, '{"x": 2}']);
    expect(both.code).toBe(0);
    expect(jsonLines(both.stdout)).toMatchObject([
      { topic: 'dry/+', when: 'x > 1', cost: 'indexed', text: expect.stringContaining('x is 2, which is > 1') },
      { topic: 'dry/#', text: expect.stringContaining('every level matches') },
    ]);
    const paged = await run([...about, '{"x": 2}', '--limit', '1']);
    const [note] = jsonLines(paged.stderr) as [{ matched: { next: number } }];
    expect(note).toEqual({ matched: { total: 2, shown: 1, next: expect.any(Number) } });
    const rest = await run([...about, '{"x": 2}', '--from', String(note.matched.next), '--text']);
    expect(rest.stdout).toMatch(/^subscription \d+: dry\/# \(indexed\)\n {2}✓ topic/);
    expect((await run(['explain', '--topic', 'nobody/here', '--all'])).code).toBe(3);
    for (const sub of [first, second]) sub.signal('SIGINT');
    expect([(await first.exit()).stdout, (await second.exit()).stdout]).toEqual(['', '']);
  });

  it('shows the most expensive filters, and what one would cost', async () => {
    await using dear = start(['sub', '#', '--when', "name NOT LIKE '%pump%' AND kind NOT LIKE 'x%'"]);
    await dear.says(/"residual"/);
    await using cheap = start(['sub', 'cheap/+', '--when', "site = 'x'"]);
    await cheap.says(/"indexed"/);
    const [first] = jsonLines((await run(['filters', 'top', '--limit', '1'])).stdout);
    expect(first).toMatchObject({
      topic: '#',
      cost: 'residual',
      subscriptions: 1,
      keys: [{ key: 'topic #', share: 1 }],
    });
    const { stdout, stderr } = await run(['filters', 'top', '--text']);
    expect(stdout).toMatch(
      /^tests\/event +class +subscriptions +offered +found by +filter\n3 +residual +1 +100 % +topic # +# when/,
    );
    expect(stdout).toMatch(/indexed +1 .*site = 'x' +cheap\/\+ when site = 'x'/);
    expect(stderr).toMatch(/in all, the most expensive \d+ listed/);
    const would = await run(['filters', 'cost', 'cheap/2', '--when', 'temperature >= 30']);
    expect(jsonLines(would.stdout)).toMatchObject([{ cost: 'indexed', subscriptions: 0 }]);
    expect((await run(['filters', 'cost', 'a', '--when', 'x >'])).stderr).toContain('predicate_syntax');
  });

  it('explains, with an exit code to decide by', async () => {
    const about = ['explain', '--topic', 'rooms/1', '--when', 'temperature > 30', '--data'];
    const no = await run([...about, '{"temperature": 28}', '--text']);
    expect(no).toMatchObject({ code: 3, stderr: '' });
    expect(no.stdout).toContain('temperature is 28, which is not > 30; short by 2');
    expect((await run([...about, '{"temperature": 31}'])).code).toBe(0);
    await using sub = start(['sub', 'explained', '--when', 'x = 1']);
    const [, id = ''] = await sub.says(/"subscription":(\d+)/);
    const receipt = jsonLines((await run(['pub', 'explained', '{"x": 2}'])).stdout)[0];
    const asked = await run(['explain', '--seq', String(receipt?.['seq']), '--subscription', id]);
    expect(asked.code).toBe(3);
    expect(jsonLines(asked.stdout)).toMatchObject([{ explanation: { matched: false }, fate: { kind: 'not_matched' } }]);
  });

  it('shows where a predicate is wrong', async () => {
    const { code, stderr } = await run(['sub', 'rooms/+', '--when', 'temperature >> 30']);
    expect(code).toBe(1);
    const [error, text = '', caret = ''] = stderr.split('\n');
    expect(error).toMatch(/^error: .*\(predicate_\w+\)$/);
    expect(text).toBe('  temperature >> 30');
    expect(text.slice(caret.indexOf('^'))).toMatch(/^>/);
  });

  it('ends by time: with the wanted count not reached 4, else 0', async () => {
    expect((await run(['sub', 'silence', '--timeout', '100ms', '--count', '1'])).code).toBe(4);
    expect((await run(['sub', 'silence', '--timeout', '100ms'])).code).toBe(0);
    expect((await run(['pull', 'silence', '--timeout', '100ms', '--count', '1'])).code).toBe(4);
  });

  it.each(['sub', 'pull'])('%s ends cleanly at SIGINT', async (name) => {
    await using cli = start([name, 'interrupted/#']);
    await cli.says(/"subscribed"/);
    cli.signal('SIGINT');
    expect((await cli.exit()).code).toBe(0);
    expect(jsonLines((await run(['pub', 'interrupted/1', '1'])).stdout)).toMatchObject([{ matched: 0 }]);
  });

  it('ends at SIGINT though its input does not', async () => {
    await using sub = start(['sub', 'open-input']);
    await sub.says(/"subscribed"/);
    await using pub = start(['pub', 'open-input', '--lines'], 'open');
    pub.write('{"n": 1}\n');
    await sub.says(/"n":1/);
    pub.signal('SIGINT');
    const { code, stdout } = await pub.exit();
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toEqual([{ published: 1, matched: 1, refused: 0 }]);
  });

  it('ends quietly when nobody reads its output any more', async () => {
    await using sub = start(['sub', 'pipe']);
    await sub.says(/"subscribed"/);
    sub.closeOutput();
    await run(['pub', 'pipe', '1']);
    const { code, stderr } = await sub.exit();
    expect(code).toBe(0);
    expect(stderr).not.toContain('EPIPE');
  });

  it('finds the broker by TELLWHEN_URL', async () => {
    expect((await runCli(['pub', 'x', '1'], { env: { TELLWHEN_URL: broker.url } })).code).toBe(0);
  });
});

const CLI = fileURLToPath(new URL('../../dist/client/cli/main.js', import.meta.url));
const FULL = '/dev/full';

/** With an output that takes nothing; the lines it writes beside it. */
function spawnToFull(args: readonly string[]) {
  const line = `exec "$0" "$@" > ${FULL}`;
  const child = spawn('sh', ['-c', line, process.execPath, CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  return [child, createInterface(child.stderr)] as const;
}

async function acknowledged({ url }: BrokerProcess): Promise<string | undefined> {
  const response = await fetch(`${url.replace('ws:', 'http:')}/metrics`);
  return /^tellwhen_leases_ended_total\{cause="acked"\} .*$/m.exec(await response.text())?.[0];
}

/** A dead process that nobody has waited for yet counts as ended. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z\s]/.test(stdout);
}

describe('the command line, by itself', () => {
  it('says what to do when there is no broker', async () => {
    const { code, stderr } = await runCli(['pub', 'x', '1', '--url', 'ws://127.0.0.1:9']);
    expect(code).toBe(5);
    expect(stderr).toMatch(/connection_failed[\s\S]*is the broker running\?/);
    const asJson = await runCli(['pub', 'x', '1', '--url', 'ws://127.0.0.1:9', '--json']);
    expect(jsonLines(asJson.stderr)).toMatchObject([
      { error: { code: 'connection_failed', cause: expect.stringContaining('ECONNREFUSED') } },
    ]);
  });

  it.each([
    [['sub', '--json']],
    [['sub', 'x', '--json', '--cuont', '1']],
    [['config', 'print', '--json', '--port', 'x']],
  ])('tells programs of %j as JSON', async (args) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(jsonLines(stderr)).toEqual([{ error: { code: 'usage', message: expect.any(String) } }]);
  });

  it.skipIf(!existsSync(FULL)).each([['--help'], ['config', 'print']])(
    '%s fails when it cannot be printed',
    async (...args) => {
      const [child, notes] = spawnToFull(args);
      const ended = once(child, 'exit');
      const told: string[] = [];
      for await (const line of notes) told.push(line);
      expect(await ended).toEqual([1, null]);
      expect(told).toEqual([expect.stringMatching(/^error: cannot write the output: ENOSPC/)]);
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('has published nothing when %s ends it before its input has', async (signal, expected) => {
    const pub = spawn(process.execPath, [CLI, 'pub', 'half'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(pub, 'exit');
    // More than any pipe holds: once it is written, somebody reads.
    await new Promise((resolve) => pub.stdin.write('x'.repeat(4 * 1_048_576), resolve));
    pub.kill(signal);
    expect(await ended).toEqual([expected, null]);
    expect(await pub.stdout.toArray()).toEqual([]);
  });

  it.each([
    [['subb'], 'Did you mean sub?'],
    [['sub'], 'which events?'],
    [['pub'], "missing required argument 'topic'"],
    [['sub', 'x', '--cuont', '1'], 'Did you mean --count?'],
    [['sub', 'x', '--count', 'many'], '--count wants a whole number'],
    [['sub', 'x', '--timeout', '10'], '--timeout wants a duration'],
    [['sub', 'x', '--overflow', 'explode'], '--overflow wants one of drop-oldest'],
    [['sub', 'x', '--url', 'http://x'], 'begins with ws:// or wss://'],
    [['pub', 'x', '1', '--attr', 'floor'], '--attr wants name=value'],
    [['explain', '--topic', 'x', '--seq', '1'], 'which event?'],
    [['explain', '--topic', 'x', '--all', '--when', 'y = 1'], 'either --all, or a filter'],
    [['explain', '--topic', 'x', '--limit', '3'], '--limit and --from need --all'],
    [['filters', 'top', '--limit', '0'], '--limit wants a whole number of 1 or more'],
    [['config', 'print', '--json', '--text'], 'either --json or --text'],
    [['demo', '--speed', 'fast'], '--speed wants a factor'],
    [['demo', '--file', 'no-such-file'], 'cannot read no-such-file'],
    [['serve', '--port', '70000'], '--port must be a whole number from 0 to 65535'],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  it('has help with examples on every level', async () => {
    for (const command of [
      '',
      'serve',
      'pub',
      'sub',
      'pull',
      'mailboxes',
      'mailboxes peek',
      'mailboxes replay',
      'deadletters',
      'deadletters redrive',
      'explain',
      'filters',
      'filters top',
      'demo',
      'config',
      'config print',
    ]) {
      const args = command.split(' ').filter((word) => word !== '');
      const { code, stdout } = await runCli([...args, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}tellwhen /);
    }
  });

  it('writes for people where they ask for it', async () => {
    expect((await runCli(['config', 'print', '--text'])).stdout).toMatch(/^name +value +source +meaning\nhost /);
  });

  it('prints the configuration and where each value comes from', async () => {
    const { code, stdout } = await runCli(['config', 'print', '--port', '1'], {
      env: { TELLWHEN_DRAIN_MS: '7', TELLWHEN_URL: 'ws://elsewhere', TELLWHEN_EVENT_ID: 'of a pull --exec around us' },
    });
    expect(code).toBe(0);
    const sourceOf = Object.fromEntries(jsonLines(stdout).map(({ name, value, source }) => [name, [value, source]]));
    expect(sourceOf).toMatchObject({
      port: [1, '--port'],
      drainMs: [7, 'TELLWHEN_DRAIN_MS'],
      host: ['127.0.0.1', 'default'],
    });
  });
});

describe('tellwhen serve', () => {
  it('says what to do when its port is taken', async () => {
    await using broker = await startBrokerProcess();
    const { port } = new URL(broker.url);
    const { code, stderr } = await runCli(['serve', '--memory', '--port', port]);
    expect(code).toBe(1);
    expect(stderr).toContain(`choose another port: --port ${Number(port) + 1}`);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('stops at %s with its clients told', async (signal) => {
    await using broker = await startBrokerProcess(['--drain-ms', '100']);
    await using sub = new CliProcess(['sub', 'x', '--url', broker.url]);
    await sub.says(/"subscribed"/);
    broker.process.signal(signal);
    expect((await broker.process.exit()).code).toBe(0);
    await sub.says(/connecting again/);
  });

  it('takes a signal that comes twice at once, as npm passes it on, for one', async () => {
    await using broker = await startBrokerProcess();
    broker.process.signal('SIGINT');
    broker.process.signal('SIGINT');
    expect((await broker.process.exit()).code).toBe(0);
  });

  it('ends at once at a second signal', async () => {
    await using broker = await startBrokerProcess(['--drain-ms', '60000']);
    await using pull = new CliProcess(['pull', 'x', '--exec', 'echo at work; sleep 3', '--url', broker.url]);
    await pull.says(/"subscribed"/);
    await runCli(['pub', 'x', '1', '--url', broker.url]);
    await pull.says(/at work/);
    broker.process.signal('SIGTERM');
    await broker.process.says(/stopping/);
    // One that follows at once counts as the same, and how soon that is is none of a test's business: it insists.
    const insisting = setInterval(() => broker.process.signal('SIGTERM'), 100);
    try {
      expect((await broker.process.exit()).code).toBe(143);
    } finally {
      clearInterval(insisting);
    }
  });
});
