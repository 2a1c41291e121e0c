/**
 * As much of a WebSocket as the client uses: the browser's, Node's and that of the package `ws` all have it.
 * Frames given to `send` belong to the socket: the client does not touch them again.
 */
export interface WebSocketLike {
  binaryType: string;
  /** Bytes given to `send` and not yet handed to the network. */
  readonly bufferedAmount: number;
  /**
   * `sent` is called, in the same turn or a later, when the frame was handed to the network, by those sockets that can
   * tell: the package `ws` does, others ignore it.
   */
  send(frame: string | Uint8Array, sent?: () => void): void;
  close(code?: number, reason?: string): void;
  /** Ends it without waiting for the other side. Of the package `ws`, which else waits half a minute for it. */
  terminate?(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
}

/** Makes a socket that starts to connect. It may throw or reject; that counts as a failed attempt. */
export type WebSocketFactory = (url: string, protocol: string) => WebSocketLike | Promise<WebSocketLike>;

interface Platform {
  readonly WebSocket?: unknown;
  readonly navigator?: { readonly userAgent?: string };
}

type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;

/**
 * The browser's own WebSocket; on Node, and where there is none, the package `ws`, loaded only then. The one that Node
 * has from 22 on cannot be ended without the other side: a silent broker would keep the process alive for ever.
 */
export const platformWebSocket: WebSocketFactory = (url, protocol) => {
  const { WebSocket: Native, navigator } = globalThis as Platform;
  const node = navigator?.userAgent?.startsWith('Node.js/') === true;
  if (typeof Native !== 'function' || node) return packaged(url, protocol);
  return new (Native as WebSocketConstructor)(url, protocol);
};

async function packaged(url: string, protocol: string): Promise<WebSocketLike> {
  const { WebSocket } = await import('ws');
  // Compression costs more than small frames save, and makes memory hard to bound.
  const socket = new WebSocket(url, protocol, { perMessageDeflate: false });
  return socket as WebSocketLike;
}
