import type { ClientControl, ControlOf } from '../protocol/index.ts';

/** What a session asks of spaces in control frames. */
export type SpaceRequest = ControlOf<
  ClientControl,
  'openSpace' | 'spaces' | 'inspectSpace' | 'removeSpace' | 'countTuples' | 'explainTemplate'
>;

const KINDS: ReadonlySet<ClientControl['kind']> = new Set<SpaceRequest['kind']>([
  'openSpace',
  'spaces',
  'inspectSpace',
  'removeSpace',
  'countTuples',
  'explainTemplate',
]);

export function isSpaceRequest(frame: ClientControl): frame is SpaceRequest {
  return KINDS.has(frame.kind);
}
