/** What stands before a body in its frame, made once for a topic whose bodies are equally long. */
export class HeadCache {
  readonly #make: (topic: string, bodyBytes: number) => Buffer;
  readonly #heads = new Map<string, Head>();
  #last: Head = { topic: '', bodyBytes: -1, bytes: Buffer.alloc(0) };

  constructor(make: (topic: string, bodyBytes: number) => Buffer) {
    this.#make = make;
  }

  of(topic: string, bodyBytes: number): Buffer {
    const last = this.#last;
    if (last.topic === topic && last.bodyBytes === bodyBytes) return last.bytes;
    let head = this.#heads.get(topic);
    if (head === undefined || head.bodyBytes !== bodyBytes) {
      head = { topic, bodyBytes, bytes: this.#make(topic, bodyBytes) };
      this.#heads.set(topic, head);
    }
    this.#last = head;
    return head.bytes;
  }
}

interface Head {
  readonly topic: string;
  readonly bodyBytes: number;
  readonly bytes: Buffer;
}
