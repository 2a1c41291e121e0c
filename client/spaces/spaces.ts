import type { AnswerOf } from '../control-request.ts';
import type { SignalOption } from '../feed.ts';
import type { Ask } from '../mailboxes.ts';

/** How a space does: what is in it, who waits, and what became of what was. */
export type SpaceStatus = AnswerOf<'spacesListed'>['spaces'][number];

/** What can be done with spaces from outside, by name. To use one: `client.space`. */
export class Spaces {
  readonly #ask: Ask;

  /** Made by the client only. */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** All of them; asked for in pages, as they are taken. */
  async *list({ signal }: SignalOption = {}): AsyncGenerator<SpaceStatus, void> {
    let cursor: number | undefined;
    do {
      const ask = { kind: 'spaces', cursor } as const;
      const page: AnswerOf<'spacesListed'> = await this.#ask(ask, 'spacesListed', { repeatable: true, signal });
      yield* page.spaces;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** Rejects with `space_unknown`. */
  async inspect(space: string, { signal }: SignalOption = {}): Promise<SpaceStatus> {
    const answer = await this.#ask({ kind: 'inspectSpace', space }, 'spaceInspected', { repeatable: true, signal });
    const { kind: _kind, ref: _ref, ...status } = answer;
    return status;
  }

  /** Ends it, with its tuples; those who wait in it are refused. Resolves with how many tuples it had. */
  async remove(space: string, { signal }: SignalOption = {}): Promise<number> {
    return (await this.#ask({ kind: 'removeSpace', space }, 'spaceRemoved', { repeatable: false, signal })).tuples;
  }
}
