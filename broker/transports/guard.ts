import { type Admission, type HttpReply, type HttpRequest, plainAnswer, type UpgradeWish } from './exchange.ts';
import type { Connection, ConnectionHandler, Door } from './transport.ts';

/** Told of everything that handlers throw. Must not throw itself. */
export type OnFault = (fault: unknown) => void;

const INTERNAL_ERROR = 1011;

const FAILED = plainAnswer(500, 'A fault of the broker; its log says more.');

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

/** The door's answer to who wants a WebSocket, or 500. Never throws. */
export function admitGuarded(door: Door, wish: UpgradeWish, onFault: OnFault): Admission {
  try {
    return door.admit(wish);
  } catch (fault) {
    onFault(fault);
    return FAILED;
  }
}

/** Passes a request on. Where the door throws, it is reported, and whoever asked is told that it failed. Never throws. */
export function requestGuarded(
  door: Door,
  request: HttpRequest,
  reply: HttpReply & { abort(): void },
  onFault: OnFault,
): void {
  try {
    door.request(request, reply);
  } catch (fault) {
    onFault(fault);
    reply.send(FAILED);
    // Of an answer that had begun nobody knows the end.
    reply.abort();
  }
}
