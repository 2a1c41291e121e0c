const UNITS_MS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** 49 days: the longest that the wire's 32 bits can say. */
const MS_MAX = 0xffff_ffff;

/** Milliseconds of `500ms`, `10s`, `1.5m`, `2h` or `1d`. `undefined` for anything else, zero and over 49 days included. */
export function parseDuration(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (UNITS_MS[unit] ?? Number.NaN));
  return ms >= 1 && ms <= MS_MAX ? ms : undefined;
}
