import type { ByteReader, ByteWriter } from './bytes.ts';

/** A lease as it travels: what remains, never an instant. */
export interface LeaseGrant {
  readonly id: number;
  readonly token: number;
  readonly remainingMs: number;
}

export function writeLease(to: ByteWriter, { id, token, remainingMs }: LeaseGrant): void {
  to.varint(id);
  to.varint(token);
  to.varint(remainingMs);
}

export function readLease(from: ByteReader): LeaseGrant {
  return { id: from.varint(), token: from.varint(), remainingMs: from.varint() };
}
