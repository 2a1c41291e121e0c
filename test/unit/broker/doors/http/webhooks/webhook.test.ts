import { describe, expect, it } from 'vitest';
import type { Post } from '../../../../../../broker/doors/http/webhooks/post.ts';
import { Webhook } from '../../../../../../broker/doors/http/webhooks/webhook.ts';
import { SimulatedTime } from '../../../../../../broker/kernel/simulated-time.ts';
import { eventOf } from '../../../../../support/stored.ts';

type Headers = { readonly [name: string]: string };

/** Something that sends to a URL whatever there is, and the URL. */
function sending(unaskedPerMinute: number, answers: readonly (Headers | undefined)[]) {
  const time = new SimulatedTime();
  const left = [...answers];
  let posts = 0;
  const said: boolean[] = [];
  const post: Post = {
    refusal: () => undefined,
    async post() {
      posts += 1;
      return { status: 204, retryAfterMs: undefined };
    },
    async ask() {
      const answer = left.shift();
      if (answer === undefined) throw new Error('nobody is there');
      return new Map(Object.entries(answer));
    },
    close() {},
  };
  const lease = { id: 1, token: 1, remainingMs: 1 };
  const pump = (): void => {
    while (webhook.wants) webhook.event(eventOf({ seq: 1 }), { attempt: 1, lease });
  };
  const webhook: Webhook = new Webhook({
    time,
    post,
    url: new URL('http://sink.example/'),
    concurrency: 1_000,
    consent: { origin: 'broker.example', askedPerMinute: 600, unaskedPerMinute },
    consented: ({ given }) => said.push(given),
    restMsMax: 60_000,
    settle: () => {},
    wantsAgain: pump,
    gone: () => {},
    count: () => {},
  });
  webhook.start();
  /** So many posts within so long. */
  const postsIn = async (ms: number): Promise<number> => {
    const before = posts;
    for (let passed = 0; passed < ms; passed += 100) {
      time.advance(100);
      for (let i = 0; i < 5; i++) await Promise.resolve();
    }
    return posts - before;
  };
  return { postsIn, said, webhook };
}
const YES = { 'webhook-allowed-origin': 'broker.example' };

describe('Webhook', () => {
  it('sends no more than the URL allows', async () => {
    const { postsIn } = sending(0, [{ ...YES, 'webhook-allowed-rate': '300' }]);
    await postsIn(1_000);
    expect(await postsIn(60_000)).toBeCloseTo(300, -1);
  });

  it('sends few to one that says nothing, and asks it again', async () => {
    const { postsIn, said } = sending(60, [{}, undefined, { ...YES, 'webhook-allowed-rate': '600' }]);
    expect(await postsIn(100_000)).toBeCloseTo(100, -1);
    expect(said).toEqual([false]);
    await postsIn(30_000);
    expect(said).toEqual([false, true]);
    expect(await postsIn(60_000)).toBeCloseTo(600, -1);
  });

  it('sends nothing at all without consent, where that is wanted', async () => {
    const { postsIn } = sending(0, [{}, YES]);
    expect(await postsIn(59_000)).toBe(0);
    expect(await postsIn(5_000)).toBeGreaterThan(0);
  });

  it('sends and asks no more when it is stopped', async () => {
    const { postsIn, webhook, said } = sending(60, [{}, YES]);
    await postsIn(1_000);
    webhook.stop();
    expect(await postsIn(100_000)).toBe(0);
    expect(said).toEqual([false]);
  });
});
