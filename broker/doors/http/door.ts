import type { Page } from '../../observe/pages.ts';
import { type HttpReply, type HttpRequest, plainAnswer } from '../../transports/transport.ts';

export interface HttpDoorMeans {
  /** What is shown to people and their tools; see observe/pages.ts. */
  readonly page: (path: string) => Promise<Page> | Page | undefined;
  readonly fault: (error: unknown) => void;
}

/** Where HTTP requests arrive. */
export class HttpDoor {
  readonly #means: HttpDoorMeans;

  constructor(means: HttpDoorMeans) {
    this.#means = means;
  }

  request(request: HttpRequest, reply: HttpReply): void {
    const { method, path } = request;
    const page = this.#means.page(path);
    if (page === undefined) {
      reply.send(plainAnswer(404, 'No such page. / says which there are.'));
    } else if (method !== 'GET' && method !== 'HEAD') {
      const { headers, ...refusal } = plainAnswer(405, 'Pages are read with GET or HEAD.');
      reply.send({ ...refusal, headers: { ...headers, Allow: 'GET, HEAD' } });
    } else void this.#show(page, reply);
  }

  async #show(page: Promise<Page> | Page, reply: HttpReply): Promise<void> {
    try {
      const { status, contentType, body } = await page;
      reply.send({ status, headers: { 'Content-Type': contentType, 'Cache-Control': 'no-store' }, body });
    } catch (error) {
      this.#means.fault(error);
      reply.send(plainAnswer(500, 'The broker could not make this page; its log says why.'));
    }
  }
}
