import type { Availability } from './peer.ts';

export interface Present<P> {
  readonly peer: P;
  readonly version: string;
}

export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/** Those of the keys that can be measured here, and the others. Rejects with RangeError for a key without a peer. */
export async function presentOf<P extends { readonly name: string; availability(): Promise<Availability> }>(
  keys: readonly string[],
  peerOf: (key: string) => Promise<P>,
): Promise<{ present: Present<P>[]; leftOut: LeftOut[] }> {
  const present: Present<P>[] = [];
  const leftOut: LeftOut[] = [];
  for (const key of keys) {
    const peer = await peerOf(key).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    });
    if (peer === undefined) {
      leftOut.push({ name: key, why: 'a package that its client needs is not installed' });
      continue;
    }
    const found = await peer.availability();
    if ('version' in found) present.push({ peer, version: found.version });
    else leftOut.push({ name: peer.name, why: found.leftOut });
  }
  return { present, leftOut };
}
