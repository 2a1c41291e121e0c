/** Filters beside those of W1, by somebody who wants to make events dear for all. */
export interface Hostility {
  readonly name: string;
  readonly count: number;
  /** The predicate of the filter with this number. */
  readonly when: (i: number) => string;
}

/** So long are the texts: the most that a broker takes if nothing else is said, less room for what stands around a list. */
const LIST_CHARACTERS_MAX = 8192 - 200;
const LITERALS_MAX = 1023;

/** as many values as there is room for: 1,023, or fewer where they are long. */
function listOf(value: (i: number) => string, before: readonly string[] = []): string {
  const values = [...before];
  let length = before.join(',').length;
  for (let i = 0; values.length < LITERALS_MAX; i += 1) {
    const next = value(i);
    length += next.length + 1;
    if (length > LIST_CHARACTERS_MAX) break;
    values.push(next);
  }
  return values.join(',');
}

/** One that is nobody else's. */
function text(filter: number, i: number): string {
  return `'${(filter * LITERALS_MAX + i).toString(36)}'`;
}

const FIRMWARE = ["'2.0'", "'2.1'", "'2.2'", "'2.3'", "'2.4'", "'2.5'"];

/** Brackets within brackets, almost as deep as there may be. */
function deep(i: number): string {
  let condition = `temperature > ${100 + i}`;
  for (let depth = 0; depth < 60; depth += 1) {
    condition =
      depth % 2 === 0
        ? `(${condition} OR humidity > ${200 + i + depth})`
        : `(${condition} AND pressure > ${-i - depth})`;
  }
  return condition;
}

export const HOSTILITIES: readonly Hostility[] = [
  { name: 'IN, texts that no event has', count: 1_000, when: (i) => `site IN (${listOf((j) => text(i, j))})` },
  {
    name: 'IN, numbers that no event has',
    count: 1_000,
    when: (i) => `temperature IN (${listOf((j) => `${1000 + i * LITERALS_MAX + j}`)})`,
  },
  {
    name: 'IN, with a value of every event, and what is never true',
    count: 200,
    when: (i) => `firmware IN (${listOf((j) => text(i, j), FIRMWARE)}) AND contains(model, '?')`,
  },
  {
    name: 'NOT IN, with all values of events',
    count: 200,
    when: (i) => `firmware NOT IN (${listOf((j) => text(i, j), FIRMWARE)})`,
  },
  { name: 'near-identical', count: 10_000, when: (i) => `site = 'site-1' AND temperature > ${60 + i / 1_000}` },
  { name: '60 brackets deep', count: 500, when: deep },
  { name: 'LIKE without a prefix', count: 200, when: (i) => `site LIKE '%never ${i}%'` },
];
