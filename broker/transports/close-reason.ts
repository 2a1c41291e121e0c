/** A control frame holds 125 bytes, two of which are the close code (RFC 6455 §5.5). */
const REASON_BYTES_MAX = 123;

const encoder = new TextEncoder();

/** Cuts a reason to what fits into a close frame, between characters. */
export function fitCloseReason(reason: string): string {
  const room = new Uint8Array(REASON_BYTES_MAX);
  return reason.slice(0, encoder.encodeInto(reason, room).read);
}
