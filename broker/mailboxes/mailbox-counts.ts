import { ByteReader, ByteWriter } from '../protocol/index.ts';

/** What has gone in and out of a mailbox since it was made. */
export class MailboxCounts {
  entered = 0;
  enteredBytes = 0;
  settled = 0;
  settledBytes = 0;
  /**
   * Nothing after this seq was ever handed over or notified. Flushed before that happens, so that after a crash everything
   * that may have been handed over is known, though not what was.
   */
  handedSeq = 0;

  get entries(): number {
    // Where a record of the store is damaged, something may be settled twice.
    return Math.max(0, this.entered - this.settled);
  }

  get bytes(): number {
    return Math.max(0, this.enteredBytes - this.settledBytes);
  }

  /** Nothing is in it, whatever the counts say. False when they said so. */
  empty(): boolean {
    if (this.entered === this.settled && this.enteredBytes === this.settledBytes) return false;
    this.settled = this.entered;
    this.settledBytes = this.enteredBytes;
    return true;
  }

  encoded(): Uint8Array {
    const to = new ByteWriter(64);
    for (const count of [this.entered, this.enteredBytes, this.settled, this.settledBytes, this.handedSeq]) {
      to.varint(count);
    }
    return to.written();
  }

  /** Throws ProtocolError when the bytes are none of counts. */
  read(bytes: Uint8Array): void {
    const from = new ByteReader(bytes);
    this.entered = from.varint();
    this.enteredBytes = from.varint();
    this.settled = from.varint();
    this.settledBytes = from.varint();
    this.handedSeq = from.varint();
  }
}
