import type { QuakeData } from './quakes.ts';

/** - `push`: told. - `pull`: fetches under leases. - `slow`: told, takes its time, and may wait for few. */
export type Manner = 'push' | 'pull' | 'slow';

export interface DemoSubscriber {
  readonly name: string;
  readonly manner: Manner;
  readonly topic: string;
  readonly when?: string;
  /** The same filter once more, by hand: what the broker is checked against. */
  readonly expects: (quake: QuakeData) => boolean;
}

export const STRONG: DemoSubscriber = {
  name: 'strong',
  manner: 'push',
  topic: 'earthquakes/#',
  when: 'mag >= 5',
  expects: ({ mag }) => mag !== null && mag >= 5,
};

export const DEMO_SUBSCRIBERS: readonly DemoSubscriber[] = [
  STRONG,
  {
    name: 'alaska',
    manner: 'push',
    topic: 'earthquakes/#',
    when: "place LIKE '%Alaska%' AND mag > 2.5",
    expects: ({ place, mag }) => place !== null && mag !== null && place.includes('Alaska') && mag > 2.5,
  },
  {
    name: 'shallow',
    manner: 'push',
    topic: 'earthquakes/#',
    when: "depth BETWEEN 0 AND 10 AND magType = 'ml'",
    expects: ({ depth, magType }) => depth !== null && depth >= 0 && depth <= 10 && magType === 'ml',
  },
  {
    name: 'hawaii',
    manner: 'push',
    topic: 'earthquakes/hv/+',
    expects: ({ net }) => net === 'hv',
  },
  {
    name: 'felt',
    manner: 'push',
    topic: 'earthquakes/#',
    when: 'felt IS NOT NULL',
    expects: ({ felt }) => felt !== null,
  },
  {
    name: 'worker',
    manner: 'pull',
    topic: 'earthquakes/+/+',
    when: 'sig >= 300',
    expects: ({ sig }) => sig !== null && sig >= 300,
  },
  {
    name: 'slow',
    manner: 'slow',
    topic: 'earthquakes/#',
    expects: () => true,
  },
];
