import { isCode } from '../../../../broker/protocol/index.ts';
import { type Checker, type Fact, factsOf } from '../history.ts';

/** Every request is answered as long as its connection lasts, and every refusal has a reason that is not our own fault. */
export const answered: Checker = (history) => [...reasons(history), ...answers(history)];

function reasons(history: readonly Fact[]): readonly string[] {
  return factsOf(history, 'refused').flatMap(({ request, code, message }) =>
    isCode(code) && code !== 'internal' && !code.startsWith('frame_')
      ? []
      : [`${request} was refused: ${code} ${message}`],
  );
}

function answers(history: readonly Fact[]): readonly string[] {
  const open = new Map<string, string>();
  for (const fact of history) {
    switch (fact.kind) {
      case 'publish':
        if (fact.ref !== 0) open.set(`${fact.connection} publish ${fact.n}`, `the publish of event ${fact.n}`);
        break;
      case 'receipt':
      case 'unpublished':
        open.delete(`${fact.connection} publish ${fact.n}`);
        break;
      case 'settle':
        open.set(`${fact.connection} settle ${fact.ref}`, `the ${fact.settlement} of lease ${fact.lease}`);
        break;
      case 'settled':
      case 'unsettled':
        open.delete(`${fact.connection} settle ${fact.ref}`);
        break;
      case 'ended':
        open.clear();
        break;
      case 'closed':
        for (const key of open.keys()) if (key.startsWith(`${fact.connection} `)) open.delete(key);
    }
  }
  return [...open.values()].map((request) => `${request} was never answered`);
}
