import { z } from '../../../kernel/schema.ts';
import type { Events } from '../events.ts';
import type { HttpSubscriptions } from '../http-subscriptions.ts';
import { type Route, route } from '../route.ts';
import { format } from '../schemas.ts';
import { STREAM_HEADERS } from './subscriptions.ts';

export interface StreamRoutesMeans {
  readonly subscriptions: HttpSubscriptions;
  readonly events: Events;
}

const query = z.strictObject({
  filter: z.string().max(512).optional().describe('Topic filter. Default: #, all topics.'),
  when: z.string().min(1).max(65_536).optional().describe('Predicate.'),
  retained: z.enum(['send', 'skip']).optional().describe('Whether the last values of topics come first.'),
  format: format.optional(),
});

export function streamRoutes({ subscriptions, events }: StreamRoutesMeans): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/events',
      tag: 'events',
      summary:
        'Events that match a filter, as they come, as Server-Sent Events. The subscription ends with the stream.',
      query,
      headers: STREAM_HEADERS,
      answers: { 200: { meaning: 'A stream without end.', types: ['text/event-stream'] } },
      handle(call) {
        const { filter, when } = call.query;
        const held = subscriptions.make(undefined, { topic: filter, when, ack: 'none' });
        try {
          events.stream(held, call, { served: false });
        } catch (error) {
          subscriptions.end(held);
          throw error;
        }
      },
    }),
  ];
}
