import type { Code } from '../protocol/index.ts';
import { type Admission, type HttpAnswer, plainAnswer, type UpgradeWish } from '../transports/transport.ts';
import type { Origins } from './origins.ts';

/** A subprotocol, and the paths at which it is spoken. Of several that are offered, the first row that fits is taken. */
export interface WebSocketDoor {
  readonly protocol: string;
  readonly paths: readonly string[];
}

export interface AdmissionMeans {
  readonly doors: readonly WebSocketDoor[];
  readonly origins: Origins;
}

/** Decides who may have a WebSocket: by its path, by a subprotocol that it offers, and by the web page that it comes from. */
export function createAdmission({ doors, origins }: AdmissionMeans): (wish: UpgradeWish) => Admission {
  return ({ path, protocols, headers }) => {
    const here = doors.filter(({ paths }) => paths.includes(path));
    if (here.length === 0) return plainAnswer(404, 'No WebSocket here. / says where there is one.');
    if (!origins.allow(headers)) return originRefused(headers);
    const door = here.find(({ protocol }) => protocols.includes(protocol));
    if (door !== undefined) return { protocol: door.protocol };
    const spoken = here.map(({ protocol }) => protocol).join(' or ');
    const offered = protocols.length === 0 ? 'none was offered' : `offered: ${protocols.join(', ')}`;
    const code: Code = 'protocol_unsupported';
    return plainAnswer(400, `${code}: the WebSocket subprotocol here is ${spoken}; ${offered}.`);
  };
}

function originRefused(headers: ReadonlyMap<string, string>): HttpAnswer {
  const origin = headers.get('origin') ?? '';
  return plainAnswer(403, `Pages of ${origin} may not connect; the option originsAllowed says which may.`);
}
