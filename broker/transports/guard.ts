import type { Connection, ConnectionHandler, Door, Page } from './transport.ts';

/** Told of everything that handlers throw. Must not throw itself. */
export type OnFault = (fault: unknown) => void;

const INTERNAL_ERROR = 1011;

/**
 * Lets one connection in, behind a wall: whatever its handler throws is reported, ends this connection with 1011, and
 * goes no further.
 */
export function acceptGuarded(door: Door, connection: Connection, onFault: OnFault): ConnectionHandler {
  const guard = (call: () => void): void => {
    try {
      call();
    } catch (fault) {
      onFault(fault);
      connection.close(INTERNAL_ERROR, 'internal error');
    }
  };
  let handler: ConnectionHandler | undefined;
  guard(() => {
    handler = door.accept(connection);
  });
  return {
    onText: (message) => guard(() => handler?.onText(message)),
    onBinary: (message) => guard(() => handler?.onBinary(message)),
    onWritable: () => guard(() => handler?.onWritable()),
    onClose: (code, reason) => guard(() => handler?.onClose(code, reason)),
  };
}

/** The page at `path`, or one that says it is not there, or that it failed. Never rejects. */
export async function pageGuarded(door: Door, path: string, onFault: OnFault): Promise<Page> {
  try {
    return (await door.page(path)) ?? plainPage(404, 'No such page. / says which there are.');
  } catch (fault) {
    onFault(fault);
    return plainPage(500, 'The broker could not make this page; its log says why.');
  }
}

export function plainPage(status: number, text: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}
