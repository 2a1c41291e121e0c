import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, connect } from '../../client/index.ts';
import { type BrokerProcess, CliProcess, jsonLines, runCli, startBrokerProcess } from '../support/processes.ts';

describe('mailboxes on the command line', () => {
  let broker: BrokerProcess;
  let client: Client;
  beforeAll(async () => {
    broker = await startBrokerProcess(['--memory']);
    client = await connect(broker.url);
  });
  afterAll(async () => {
    await client.close();
    await broker[Symbol.asyncDispose]();
  });
  const run = (...args: readonly string[]) => runCli([...args, '--url', broker.url]);
  const start = (...args: readonly string[]) => new CliProcess([...args, '--url', broker.url]);
  const only = async (...args: readonly string[]) => jsonLines((await run(...args)).stdout)[0];

  it('keep what is published while nobody takes it, and share it among who does', async () => {
    const first = await run('sub', 'kept/#', '--mailbox', 'kept', '--keep', '1h', '--timeout', '50ms');
    expect(first.stderr).toContain('"created":true');
    await client.publishBatch([1, 2, 3, 4].map((data) => ({ topic: 'kept/1', data })));
    expect(await only('mailboxes', 'show', 'kept')).toMatchObject({ entries: 4, consumers: 0 });
    const peeked = await run('mailboxes', 'peek', 'kept', '--limit', '2');
    expect(jsonLines(peeked.stdout).map(({ data }) => data)).toEqual(['1', '2']);
    expect(peeked.stderr).toContain('there are more');
    const sub = await run('sub', '--mailbox', 'kept', '--count', '2');
    expect(sub.stderr).toContain('"entries":4');
    expect(jsonLines(sub.stdout)).toMatchObject([
      { data: 1, attempt: 1 },
      { data: 2, attempt: 1 },
    ]);
    const pull = await run('pull', '--mailbox', 'kept', '--count', '2');
    expect(jsonLines(pull.stdout).map(({ data }) => data)).toEqual([3, 4]);
    expect(await only('mailboxes', 'replay', 'kept', '--from', 'beginning')).toEqual({ mailbox: 'kept', replayed: 4 });
  });

  it('are listed, paused, emptied and ended', async () => {
    await using sub = start('sub', 'made/#', '--mailbox', 'made');
    await sub.says(/"subscribed"/);
    expect(await only('mailboxes', 'pause', 'made')).toEqual({ mailbox: 'made', paused: true });
    await client.publish('made/1', 1);
    const { stdout } = await run('mailboxes', 'ls');
    expect(jsonLines(stdout).find(({ mailbox }) => mailbox === 'made')).toMatchObject({ paused: true, entries: 1 });
    expect(await only('mailboxes', 'purge', 'made')).toEqual({ mailbox: 'made', purged: 1 });
    expect(await only('mailboxes', 'resume', 'made')).toEqual({ mailbox: 'made', paused: false });
    expect(await only('mailboxes', 'rm', 'made')).toEqual({ mailbox: 'made', removed: 0 });
    const { code, stderr } = await sub.exit();
    expect(code).toBe(1);
    expect(stderr).toContain('mailbox_unknown');
  });

  it('give up what fails too often, tell why, and take it back', async () => {
    const failing = await client.subscribe({ mailbox: 'failing', topic: 'failing/#', attemptsMax: 1 }, (event) =>
      event.release(),
    );
    await client.publish('failing/1', { n: 1 });
    await vi.waitFor(async () => expect(await client.mailboxes.inspect('failing')).toMatchObject({ deadLettered: 1 }));
    await failing.unsubscribe();
    expect(await only('deadletters', 'ls', 'failing')).toMatchObject({
      attributes: { 'dead.mailbox': 'failing', 'dead.topic': 'failing/1', 'dead.attempts': 1 },
    });
    const { stdout } = await run('deadletters', 'ls', 'failing', '--text');
    expect(stdout).toMatch(
      /^failing {2}failing\/1 #\d+ {2}attempts_exhausted after 1 attempts?\n {2}attempt 1 released /,
    );
    expect(await only('deadletters', 'redrive', 'failing')).toEqual({ entries: 1, left: 0 });
    expect(jsonLines((await run('sub', '--mailbox', 'failing', '--count', '1')).stdout)).toMatchObject([
      { topic: 'failing/1', data: { n: 1 } },
    ]);
  });

  it('publishes as it is told to', async () => {
    const refused = await run('pub', 'nobody', '1', '--mandatory');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('no_match');
    expect(await only('pub', 'later', '1', '--delay', '1h', '--ttl', '2h')).toMatchObject({ delayed: true, seq: 0 });
    await run('pub', 'last/1', '{"v": 1}', '--retain');
    const sub = await run('sub', 'last/#', '--count', '1');
    expect(jsonLines(sub.stdout)).toMatchObject([{ retained: true, data: { v: 1 } }]);
    const once = ['pub', 'once', '1', '--id', 'one', '--source', 'here'];
    const [first, second] = [await only(...once), await only(...once)];
    expect(second).toEqual({ ...first, repeated: true });
  });

  it.each([
    [['sub', 'a', '--from', 'beginning'], '--mailbox'],
    [['sub'], 'which events'],
    [['mailboxes', 'replay', 'a'], 'from where'],
    [['pull', '--mailbox', 'a', '--from', 'soon'], 'not "soon"'],
  ])('refuses %j', async (args, why) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});
