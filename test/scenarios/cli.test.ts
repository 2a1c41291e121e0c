import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    await using pull = start(['pull', 'jobs/#', '--exec', fails, '--count', '3', '--concurrency', '2']);
    await pull.says(/"subscribed"/);
    await run(['pub', 'jobs/bad', '"bad"']);
    await run(['pub', 'jobs/good', '"good"']);
    const { code, stdout, stderr } = await pull.exit();
    expect(code).toBe(0);
    expect(stdout.match(/"\w+"/g)?.sort()).toEqual(['"bad"', '"bad"', '"good"']);
    expect(stderr).toContain('the command exited with 1');
  });

  it('explains, with an exit code to decide by', async () => {
    const about = ['explain', '--topic', 'rooms/1', '--when', 'temperature > 30', '--data'];
    const no = await run([...about, '{"temperature": 28}']);
    expect(no).toMatchObject({ code: 3, stderr: '' });
    expect(no.stdout).toContain('temperature is 28, which is not > 30; short by 2');
    expect((await run([...about, '{"temperature": 31}'])).code).toBe(0);
    await using sub = start(['sub', 'explained', '--when', 'x = 1']);
    const [, id = ''] = await sub.says(/"subscription":(\d+)/);
    const receipt = jsonLines((await run(['pub', 'explained', '{"x": 2}'])).stdout)[0];
    const asked = await run(['explain', '--seq', String(receipt?.['seq']), '--subscription', id, '--json']);
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

describe('the command line, by itself', () => {
  it('says what to do when there is no broker', async () => {
    const { code, stderr } = await runCli(['pub', 'x', '1', '--url', 'ws://127.0.0.1:9']);
    expect(code).toBe(5);
    expect(stderr).toMatch(/connection_failed[\s\S]*is the broker running\?/);
    const asJson = await runCli(['pub', 'x', '1', '--url', 'ws://127.0.0.1:9', '--json']);
    expect(jsonLines(asJson.stderr)).toMatchObject([{ error: { code: 'connection_failed' } }]);
  });

  it.each([
    [['subb'], 'Did you mean sub?'],
    [['sub'], "missing required argument 'topic-filter'"],
    [['sub', 'x', '--cuont', '1'], 'Did you mean --count?'],
    [['sub', 'x', '--count', 'many'], '--count wants a whole number'],
    [['sub', 'x', '--timeout', '10'], '--timeout wants a duration'],
    [['sub', 'x', '--overflow', 'explode'], '--overflow wants one of drop-oldest'],
    [['sub', 'x', '--url', 'http://x'], 'begins with ws:// or wss://'],
    [['pub', 'x', '1', '--attr', 'floor'], '--attr wants name=value'],
    [['explain', '--topic', 'x', '--seq', '1'], 'which event?'],
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
    for (const args of [[], ['serve'], ['pub'], ['sub'], ['pull'], ['explain'], ['demo'], ['config', 'print']]) {
      const { code, stdout } = await runCli([...args, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}tellwhen /);
    }
  });

  it('prints the configuration and where each value comes from', async () => {
    const { code, stdout } = await runCli(['config', 'print', '--port', '1', '--json'], {
      env: { TELLWHEN_DRAIN_MS: '7', TELLWHEN_URL: 'ws://elsewhere' },
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
    const { code, stderr } = await runCli(['serve', '--port', port]);
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
