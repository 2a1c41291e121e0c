const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/**
 * The keys that an object's JSON text has more than once, each once. `JSON.parse` keeps the last in silence.
 *
 * @param text JSON of an object. What is nested in it is not looked at.
 */
export function repeatedKeys(text: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let depth = 0;
  let string = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token !== ':') string = token;
    else if (depth === 1) {
      const key = JSON.parse(string) as string;
      if (seen.has(key)) repeated.add(key);
      seen.add(key);
    }
  }
  return repeated;
}
