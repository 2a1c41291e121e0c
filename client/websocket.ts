/**
 * As much of a WebSocket as the client uses: the browser's, Node's and that of the package `ws` all have it.
 * Frames given to `send` belong to the socket: the client does not touch them again.
 */
export interface WebSocketLike {
  binaryType: string;
  /** Bytes given to `send` and not yet handed to the network. */
  readonly bufferedAmount: number;
  send(frame: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
}

/** Makes a socket that starts to connect. It may throw or reject; that counts as a failed attempt. */
export type WebSocketFactory = (url: string, protocol: string) => WebSocketLike | Promise<WebSocketLike>;

type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;

/** The platform's own WebSocket where there is one, else the package `ws`, loaded only then. */
export const platformWebSocket: WebSocketFactory = async (url, protocol) => {
  const { WebSocket: Native } = globalThis as { readonly WebSocket?: unknown };
  if (typeof Native === 'function') return new (Native as WebSocketConstructor)(url, protocol);
  const { WebSocket } = await import('ws');
  // Compression costs more than small frames save, and makes memory hard to bound.
  const socket = new WebSocket(url, protocol, { perMessageDeflate: false });
  return socket as WebSocketLike;
};
