import type { BrokerControl, ClientControl, ControlOf } from '../protocol/index.ts';
import type { Caller } from '../spaces/caller.ts';
import type { Space } from '../spaces/space.ts';
import { countTuples, explainTemplate, statusOf } from '../spaces/space-answers.ts';
import type { Spaces } from '../spaces/spaces.ts';

type SpaceQuestion = ControlOf<ClientControl, 'spaces' | 'inspectSpace' | 'countTuples' | 'explainTemplate'>;

/** What a session asks of spaces in control frames. */
export type SpaceRequest = ControlOf<ClientControl, 'openSpace' | 'removeSpace'> | SpaceQuestion;

const QUESTIONS: ReadonlySet<ClientControl['kind']> = new Set<SpaceQuestion['kind']>([
  'spaces',
  'inspectSpace',
  'countTuples',
  'explainTemplate',
]);

/** What changes nothing, and may cost as much as a thousand tuples. */
export function isSpaceQuestion(frame: ClientControl): frame is SpaceQuestion {
  return QUESTIONS.has(frame.kind);
}

export function isSpaceRequest(frame: ClientControl): frame is SpaceRequest {
  return frame.kind === 'openSpace' || frame.kind === 'removeSpace' || QUESTIONS.has(frame.kind);
}

/** The answer, and whether it has to wait for the disk. Throws ProtocolError or FilterError where it is refused. */
export function answerSpaceRequest(
  request: SpaceRequest,
  caller: Caller,
  spaces: Spaces,
): { readonly frame: BrokerControl; readonly durable: boolean } {
  const { ref } = request;
  const now = (frame: BrokerControl) => ({ frame, durable: false });
  switch (request.kind) {
    case 'openSpace': {
      const { space, created } = spaces.open(caller, request);
      return { frame: opened(ref, space, created), durable: space.durable };
    }
    case 'removeSpace': {
      const { durable } = spaces.get(request.space);
      return { frame: { kind: 'spaceRemoved', ref, tuples: spaces.remove(request.space) }, durable };
    }
    case 'spaces': {
      const { spaces: listed, next } = spaces.page(request.cursor ?? 0, request.limit);
      const statuses = listed.map((space) => statusOf(space));
      return now({ kind: 'spacesListed', ref, spaces: statuses, ...(next !== undefined && { next }) });
    }
    case 'inspectSpace':
      return now({ kind: 'spaceInspected', ref, ...statusOf(spaces.get(request.space)) });
    case 'countTuples': {
      const template = spaces.templates.compile(JSON.stringify(request.template));
      return now({
        kind: 'tuplesCounted',
        ref,
        ...countTuples(spaces.get(request.space), template, request.after ?? 0),
      });
    }
    case 'explainTemplate': {
      const template = spaces.templates.compile(JSON.stringify(request.template));
      const explained = explainTemplate(spaces.get(request.space), template, request.limit ?? 3);
      return now({ kind: 'templateExplained', ref, ...explained });
    }
  }
}

function opened(ref: number, space: Space, created: boolean): BrokerControl {
  const { name, number, durable, tuples } = space;
  return { kind: 'spaceOpened', ref, space: name, number, created, durable, tuples: tuples.size };
}
