import { constants } from 'node:os';

/** What a command ends with. Each keeps its meaning, so that scripts can decide by it. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  noMatch: 3,
  timeout: 4,
  connection: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: { readonly [K in keyof typeof EXIT]: string } = {
  ok: 'done; serve, sub, pull, rd --watch, in --exec and pub --lines also when ended by Ctrl-C or SIGTERM',
  error: 'refused or failed; the message says why. pull: work has failed and was not done since',
  usage: 'the command line or the configuration is wrong',
  noMatch: 'explain: the event does not match. rd and in --now: no tuple fits',
  timeout: 'the time was over before the wanted count, or before a reply or a tuple came',
  connection: 'no connection to the broker, or it was lost',
  interrupted: 'ended by Ctrl-C before it was done (143: by SIGTERM), or at once by a second one',
};

/** As shells count: 128 and the number of the signal. */
export function signalExit(signal: NodeJS.Signals): number {
  return signal === 'SIGINT' ? EXIT.interrupted : 128 + constants.signals[signal];
}
