export interface Table {
  readonly title: string;
  /** What the lines' labels are, or the columns. */
  readonly corner: string;
  readonly columns: readonly string[];
  readonly lines: readonly { readonly label: string; readonly cells: readonly string[] }[];
}

/** For the terminal. */
export function toText({ title, corner, columns, lines }: Table): string {
  const labelWidth = Math.max(corner.length, ...lines.map(({ label }) => label.length));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...lines.map(({ cells }) => cells[i]?.length ?? 0)),
  );
  const line = (label: string, cells: readonly string[]): string =>
    [label.padEnd(labelWidth), ...cells.map((cell, i) => cell.padStart(widths[i] ?? 0))].join('   ').trimEnd();
  return [title, line(corner, columns), ...lines.map(({ label, cells }) => line(label, cells))].join('\n');
}

export function toMarkdown({ title, corner, columns, lines }: Table): string {
  const line = (label: string, cells: readonly string[]): string => `| ${[label, ...cells].join(' | ')} |`;
  return [
    '',
    `## ${title}`,
    '',
    line(corner, columns),
    line(
      '---',
      columns.map(() => '--:'),
    ),
    ...lines.map(({ label, cells }) => line(label, cells)),
    '',
  ].join('\n');
}
