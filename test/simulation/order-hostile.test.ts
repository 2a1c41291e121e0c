import { describe, expect, it } from 'vitest';
import { NO_OPTIONS, type PublishOptions } from '../../broker/protocol/index.ts';
import { DurableBroker } from '../support/durable-broker.ts';
import { taken } from '../support/received.ts';

const ordered = (number: number, past: number, more: Partial<PublishOptions> = {}): PublishOptions => ({
  ...NO_OPTIONS,
  ...more,
  order: { number, since: 1, past },
});

/** As high as what is told of an event, and stored of it, can be. */
const PAST_MAX = Number.MAX_SAFE_INTEGER - 1;

describe('a publisher that counts wrongly', () => {
  it.each([
    ['a past that nobody could read again', 1, Number.MAX_SAFE_INTEGER],
    ['a number that the events of its run would outgrow', Number.MAX_SAFE_INTEGER - 1, 1],
  ])('is put off with %s, before anything is kept of it', async (_name, number, past) => {
    const broker = await DurableBroker.start();
    const [ann, reader] = [broker.greeted(), broker.greeted()];
    reader.subscribe({ topic: 'a', order: 'fifo' });
    ann.publish({ topic: 'a', options: ordered(number, past, { retain: true }) });
    expect(ann.closed?.reason).toBe('frame_malformed');
    expect(reader.take('event')).toEqual([]);
    await broker.restart();
    expect(broker.faults).toEqual([]);
  });

  it('is heard, stored and read again at the highest past there is', async () => {
    const broker = await DurableBroker.start();
    const [ann, reader] = [broker.greeted(), broker.greeted()];
    const box = { mailbox: 'box', topic: 'a', order: 'causal', ordered: true } as const;
    reader.subscribe({ ...box, creditEvents: 0 });
    reader.subscribe({ topic: 'a', order: 'fifo' });
    ann.publish({ topic: 'a', data: 'kept', options: ordered(1, PAST_MAX, { retain: true }) });
    ann.publish({ topic: 'a', data: 'later', options: ordered(2, PAST_MAX, { delayMs: 1_000 }) });
    expect(reader.take('provenance')).toMatchObject([{ number: 1, past: PAST_MAX }]);
    await broker.restart();
    broker.time.advance(2_000);
    const again = broker.greeted();
    again.subscribe({ mailbox: 'box' });
    again.credit(again.subscribe({ topic: 'a' }).subscription, 10);
    expect(taken(again)).toContain('kept');
    expect(broker.faults).toEqual([]);
  });
});
