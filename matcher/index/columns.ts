/**
 * Typed arrays that grow. A column is indexed by a dense id; its owner replaces the array when an id does not fit.
 *
 * A short column is copied to one of twice its length. A long one grows where it is, by a few pages at a time, so that
 * no id is the one for whom megabytes are copied: it lies in a shared buffer with address space reserved behind it. That
 * kind of buffer alone can grow with arrays over it that are as fast as any: a resizable one, which need not be shared,
 * makes an access cost half as much again or more, and the memory of WebAssembly leaves its former arrays detached, upon
 * which V8 checks for that in every array of the process. Nothing is shared with another thread.
 */

/** Up to this length a column is copied when it grows. */
const COPIED_BYTES_MAX = 1 << 16;
/** What a long column grows by. */
const STEP_BYTES = 1 << 16;
/**
 * Address space for a long column, 16 million integers; it takes memory only for its length. A column that outgrows it
 * is copied once to four times as much.
 */
const RESERVED_BYTES = 1 << 26;

/** Browsers have shared buffers only for pages that are isolated from other origins. */
const CAN_RESERVE = typeof SharedArrayBuffer === 'function' && 'grow' in SharedArrayBuffer.prototype;

/**
 * At least `length` long: what `column` holds, then `rest`. The same array when it is long enough already; else the one
 * that was given must not be used any more. Cost: microseconds, or a copy of 64 KB at most; a copy of the whole where
 * address space is short.
 */
export function roomForInts(column: Int32Array<ArrayBuffer>, length: number, rest = 0): Int32Array<ArrayBuffer> {
  const held = column.length;
  if (length <= held) return column;
  const buffer = grown(column, Math.max(length, 16) * Int32Array.BYTES_PER_ELEMENT);
  const ints = new Int32Array(buffer, 0, buffer.byteLength / Int32Array.BYTES_PER_ELEMENT);
  if (rest !== 0) ints.fill(rest, held);
  return ints;
}

/** As `roomForInts`, for doubles; the rest is 0. */
export function roomForNumbers(column: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= column.length) return column;
  const buffer = grown(column, Math.max(length, 16) * Float64Array.BYTES_PER_ELEMENT);
  // Told its length, the array keeps it; one that follows its buffer's would be of the slow kind.
  return new Float64Array(buffer, 0, buffer.byteLength / Float64Array.BYTES_PER_ELEMENT);
}

/** A buffer of so many bytes or some more, with what the column holds in front and zeros behind. */
function grown(column: Int32Array | Float64Array, bytesMin: number): ArrayBuffer {
  const { buffer, byteLength } = column;
  const doubled = Math.max(bytesMin, byteLength * 2);
  const stepped = Math.ceil(bytesMin / STEP_BYTES) * STEP_BYTES;
  if (isReserved(buffer) && stepped <= buffer.maxByteLength) {
    buffer.grow(stepped);
    return asPlain(buffer);
  }
  const larger = (doubled > COPIED_BYTES_MAX ? reserve(stepped) : undefined) ?? new ArrayBuffer(doubled);
  new Uint8Array(larger).set(new Uint8Array(buffer, 0, byteLength));
  return larger;
}

function isReserved(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  return CAN_RESERVE && buffer instanceof SharedArrayBuffer;
}

/** A buffer with room to grow; `undefined` where there is none to be had, as under a limit on address space. */
function reserve(bytes: number): ArrayBuffer | undefined {
  if (!CAN_RESERVE) return undefined;
  try {
    return asPlain(new SharedArrayBuffer(bytes, { maxByteLength: Math.max(RESERVED_BYTES, bytes * 4) }));
  } catch {
    return undefined;
  }
}

/** Columns are typed as what they mostly are; nobody asks them for their buffer. */
function asPlain(buffer: SharedArrayBuffer): ArrayBuffer {
  return buffer as unknown as ArrayBuffer;
}
