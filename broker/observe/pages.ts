import { SUBPROTOCOL } from '../protocol/index.ts';
import type { Metrics } from './metrics.ts';

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface PagesSources {
  readonly metrics: Metrics;
  /** Whether it listens and wants new clients. */
  readonly ready: () => boolean;
  readonly version: string;
  /** Version of Node. */
  readonly node?: string | undefined;
  /** By what the broker is reached; known once it listens. */
  readonly transport?: (() => string | undefined) | undefined;
}

const TEXT = 'text/plain; charset=utf-8';

/** What the broker shows over plain HTTP; `undefined` for a path that is none of these. */
export function createPages({
  metrics,
  ready,
  version,
  node,
  transport,
}: PagesSources): (path: string) => Promise<Page> | Page | undefined {
  const about = [
    `Tellwhen ${version}: a publish-subscribe event broker that you tell when.`,
    '',
    `  WebSocket   /  or  /tellwhen, subprotocol ${SUBPROTOCOL}`,
    '  HTTP        /v1/…, described by /openapi.json',
    '  /metrics    what it does and what that costs, for Prometheus',
    '  /livez      200 while the process answers',
    '  /readyz     200 while it takes new clients, else 503',
    '  /version    which version this is, as JSON',
    '',
  ].join('\n');
  return (path) => {
    switch (path) {
      case '/':
        return { status: 200, contentType: TEXT, body: about };
      case '/metrics':
        return metrics.render().then((text) => ({ status: 200, ...text }));
      case '/livez':
        return { status: 200, contentType: TEXT, body: 'live\n' };
      case '/readyz':
        return ready()
          ? { status: 200, contentType: TEXT, body: 'ready\n' }
          : { status: 503, contentType: TEXT, body: 'not ready: starting or draining\n' };
      case '/version':
        return {
          status: 200,
          contentType: 'application/json',
          body: `${JSON.stringify({ version, node, transport: transport?.() })}\n`,
        };
      default:
        return undefined;
    }
  };
}
