import type { ClauseExplanation, ClauseVerdict, Explanation } from './explain.ts';

const MARKS: Record<ClauseVerdict, string> = { true: '✓', false: '✗', unknown: '?' };

/**
 * An explanation for a terminal: one line a clause, parts indented under their whole, control characters escaped.
 *
 *     ✗ no match
 *       ✓ topic sensors/+/climate: every level matches
 *       ✗ temperature > 30 AND humidity < 50: 1 of 2 parts is false
 *         ✗ temperature > 30: temperature is 28.4, which is not > 30; short by 1.6
 *         ? humidity < 50: humidity is missing, so the comparison is unknown
 */
export function printExplanation(explanation: Explanation): string {
  const { matched, topic, predicate } = explanation;
  const lines = [
    matched ? `${MARKS.true} match` : `${MARKS.false} no match`,
    `  ${MARKS[topic.verdict]} topic ${topic.filter}: ${topic.reason}`,
  ];
  if (predicate !== undefined) printClause(predicate, '  ', lines);
  return lines.map(escapeControls).join('\n');
}

function printClause(clause: ClauseExplanation, indent: string, lines: string[]): void {
  lines.push(`${indent}${MARKS[clause.verdict]} ${clause.text}: ${clause.reason}`);
  for (const part of clause.clauses) printClause(part, `${indent}  `, lines);
}

/** A topic may hold control characters; a terminal must not obey them. */
function escapeControls(line: string): string {
  return line.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
