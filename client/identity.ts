/**
 * What a client tells its events apart by: a source of its own, the same for its whole life, and ids for events that are
 * given none. 128 random bits are in both, so that no two clients have the same; they come as hexadecimal digits, for
 * pages that came without TLS have no `crypto.randomUUID`.
 */
export class Identity {
  readonly source: string = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  #ids = 0;

  freshId(): string {
    this.#ids += 1;
    return `${this.source}-${this.#ids}`;
  }
}
