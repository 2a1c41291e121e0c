import { isIP } from 'node:net';

/**
 * Which web pages may talk to the broker. A browser lets a page of any site open WebSockets and send requests to any
 * address it can reach, this machine's own included, and only tells where the page is from: without a look at that, every
 * page somebody visits could publish here.
 *
 * What is no browser says no origin, and may do anything.
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** As the option has them: origins such as `https://console.example`, with commas between; `*` for all. */
  constructor(allowed: string) {
    this.#allowed = new Set(allowed.split(',').flatMap((origin) => origin.trim().toLowerCase() || []));
  }

  /** Whether the origin, if there is one, is allowed. */
  allow(headers: ReadonlyMap<string, string>): boolean {
    const origin = headers.get('origin')?.toLowerCase();
    if (origin === undefined || this.#allowed.has('*') || this.#allowed.has(origin)) return true;
    return isOfThisServer(origin, headers.get('host')?.toLowerCase() ?? '');
  }
}

/**
 * Pages that the broker itself gave out. Only by an address or as localhost: a name may be anybody's, who lets it lead to
 * this machine after his page was read.
 */
function isOfThisServer(origin: string, host: string): boolean {
  if (host === '' || (origin !== `http://${host}` && origin !== `https://${host}`)) return false;
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || isIP(name) !== 0;
}
