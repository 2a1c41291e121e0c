import { describe, expect, it } from 'vitest';
import type { Listener } from '../../../../../../client/cli/commands/demo/listener.ts';
import type { Quake, QuakeData } from '../../../../../../client/cli/commands/demo/quakes.ts';
import type { Manner } from '../../../../../../client/cli/commands/demo/subscribers.ts';
import { verdictOf } from '../../../../../../client/cli/commands/demo/verdict.ts';

const quakes = [1, 2, 3].map((mag) => ({ id: `q${mag}`, topic: 't', time: 0, data: { mag } as QuakeData }) as Quake);

function judge({ told, dropped = 0, manner = 'push' }: { told: string[]; dropped?: number; manner?: Manner }): boolean {
  const subscriber = { name: 'n', manner, topic: 't', expects: ({ mag }: QuakeData) => mag !== null && mag >= 2 };
  return verdictOf({ subscriber, told, dropped } as unknown as Listener, quakes).ok;
}

describe('verdictOf', () => {
  it('is content with exactly the expected, in any order', () => {
    expect(judge({ told: ['q3', 'q2'] })).toBe(true);
  });

  it.each([
    ['one is missing', { told: ['q2'] }],
    ['one is told twice', { told: ['q2', 'q2'] }],
    ['another is told instead', { told: ['q1', 'q2'] }],
    ['one more is told', { told: ['q1', 'q2', 'q3'] }],
    ['one is dropped where none may be', { told: ['q2'], dropped: 1 }],
    ['a drop is not counted', { told: ['q2'], manner: 'slow' as const }],
  ])('is not when %s', (_, given) => {
    expect(judge(given)).toBe(false);
  });

  it('lets the slow one miss what is counted', () => {
    expect(judge({ told: ['q2'], dropped: 1, manner: 'slow' })).toBe(true);
  });
});
