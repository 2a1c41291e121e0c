import type { MailboxEntry, MailboxStatus } from '../index.ts';
import { type Paint, printable } from './paint.ts';
import { table } from './table.ts';

const LIST_HEAD = ['mailbox', 'entries', 'bytes', 'oldest', 'taken', 'resting', 'consumers', 'dead', 'filter'];

/** Longer texts make no table. */
const CELL_MAX = 60;

/** Mailboxes as people read them: a line of heads, and one for each. */
export function mailboxTable(mailboxes: readonly MailboxStatus[], paint: Paint): string {
  const [head = '', ...lines] = table([LIST_HEAD, ...mailboxes.map(row)]);
  const coloured = lines.map((line, i) => (mailboxes[i]?.paused ? paint.yellow(`${line}  (paused)`) : line));
  return [paint.bold(head), ...coloured].join('\n');
}

/** One mailbox, a line for each thing there is to know. */
export function mailboxLines(status: MailboxStatus, paint: Paint): string {
  const { limits, overflow, atEnd, attemptsMax, leaseMs, consumers, entries, bytes } = status;
  const { entered, settled, redelivered, deadLettered, dropped, leased, resting } = status;
  const full = `${overflow} when it is full`;
  const rows = [
    ['filter', `${filterOf(status)} (${status.cost})`],
    ['entries', `${entries} of ${limits.events}; ${sizeText(bytes)} of ${sizeText(limits.bytes)}; ${full}`],
    ['', `${leased} with consumers, ${resting} between two attempts; the oldest ${ageText(status)}`],
    ['consumers', consumers === 0 ? `none; it lives for ${timeText(leaseMs)} more, then ${atEnd}` : String(consumers)],
    ['so far', `${entered} came, ${settled} done`],
    ['since start', `${redelivered} delivered again, ${deadLettered} dead letters, ${dropped} dropped`],
    ['keeps', `${timeText(limits.ageMs)}; what is done, for replay, ${timeText(limits.keepMs)}`],
    ['attempts', `${attemptsMax} at most`],
  ];
  const paused = status.paused ? paint.yellow(' (paused)') : '';
  return [`${paint.bold(printable(status.mailbox))}${paused}`, ...table(rows).map((line) => `  ${line}`)].join('\n');
}

/** One entry on one line: time, position, topic, state, attributes, data. */
export function entryLine(entry: MailboxEntry, paint: Paint): string {
  const { seq, topic, state, attempt } = entry;
  const attempts = attempt > 0 ? `, attempt ${attempt}` : '';
  const where = paint.dim(`${clockText(entry.time)} #${seq}`);
  return `${where} ${paint.bold(printable(topic))} (${state}${attempts})${attributesText(entry, paint)} ${dataText(entry)}`;
}

/** A dead letter: what it was, why it was given up, how its attempts ended, and its data. */
export function deadLetterLines(entry: MailboxEntry, paint: Paint): string {
  const { attributes = {} } = entry;
  const said = (name: string): string => printable(String(attributes[`dead.${name}`] ?? '?'));
  const attempts = said('attempts') === '1' ? '1 attempt' : `${said('attempts')} attempts`;
  const lines = [
    `${paint.bold(said('mailbox'))}  ${said('topic')} #${said('seq')}  ${paint.red(said('reason'))} after ${attempts}`,
  ];
  for (const end of said('history').split(', ')) if (end !== '' && end !== '?') lines.push(`  attempt ${end}`);
  lines.push(`  ${paint.dim(`#${entry.seq}`)}${attributesText(entry, paint)} ${dataText(entry)}`);
  return lines.join('\n');
}

function row(status: MailboxStatus): string[] {
  const { mailbox, entries, bytes, leased, resting, consumers, deadLettered } = status;
  const numbers = [leased, resting, consumers, deadLettered].map(String);
  return [cut(mailbox), String(entries), sizeText(bytes), ageText(status), ...numbers, cut(filterOf(status))];
}

function filterOf({ topic, when }: MailboxStatus): string {
  return when === undefined ? topic : `${topic} when ${when}`;
}

function cut(content: string): string {
  const shown = printable(content);
  return shown.length <= CELL_MAX ? shown : `${shown.slice(0, CELL_MAX - 1)}…`;
}

function ageText({ entries, oldestMs }: MailboxStatus): string {
  return entries === 0 ? '-' : timeText(oldestMs);
}

const TIMES: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
];

export function timeText(ms: number): string {
  const [unitMs, unit] = TIMES.find(([least]) => ms >= least) ?? [1, 'ms'];
  return `${figure(ms / unitMs)} ${unit}`;
}

const SIZES: readonly (readonly [number, string])[] = [
  [1_073_741_824, 'GiB'],
  [1_048_576, 'MiB'],
  [1_024, 'KiB'],
];

export function sizeText(bytes: number): string {
  const [unitBytes, unit] = SIZES.find(([least]) => bytes >= least) ?? [1, 'B'];
  return `${figure(bytes / unitBytes)} ${unit}`;
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function clockText(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').slice(0, 23);
}

/** Without those that a dead letter is told by. */
function attributesText({ attributes = {} }: MailboxEntry, paint: Paint): string {
  const own = Object.entries(attributes).filter(([name]) => !name.startsWith('dead.'));
  return paint.dim(own.map(([name, value]) => ` ${printable(`${name}=${value}`)}`).join(''));
}

function dataText({ data, size, contentType = 'application/json' }: MailboxEntry): string {
  if (data === undefined) return `${size} bytes of ${printable(contentType)}`;
  // Every character is a byte at least: where there are fewer than bytes, it may have been cut.
  return `${printable(data)}${Buffer.byteLength(data) < size ? '…' : ''}`;
}
