/** What a command ends with. Each keeps its meaning, so that scripts can decide by it. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  noMatch: 3,
  timeout: 4,
  connection: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: { readonly [K in keyof typeof EXIT]: string } = {
  ok: 'done, also when it was ended by Ctrl-C',
  error: 'refused or failed; the message says why',
  usage: 'the command line or the configuration is wrong',
  noMatch: 'explain: the event does not match',
  timeout: 'the time was over before the wanted count',
  connection: 'no connection to the broker, or it was lost',
};
