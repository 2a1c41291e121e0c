import { describe, expect, it } from 'vitest';
import { eventJson, eventLine } from '../../../../client/cli/event-lines.ts';
import { noPaint } from '../../../../client/cli/paint.ts';
import type { ReceivedEvent } from '../../../../client/index.ts';

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function event(given: Partial<Record<keyof ReceivedEvent, unknown>>): ReceivedEvent {
  const byDefault = {
    seq: 7,
    topic: 'rooms/1',
    time: TIME,
    attempt: 0,
    attributes: {},
    contentType: 'application/json',
  };
  return { ...byDefault, data: Buffer.from('{"t":31}'), ...given } as unknown as ReceivedEvent;
}

describe('eventLine', () => {
  it('shows time, position, topic, attributes and data', () => {
    expect(eventLine(event({ attributes: { floor: 2 } }), noPaint)).toBe('03:04:05.678 #7 rooms/1 floor=2 {"t":31}');
  });

  it('shows a repeated attempt', () => {
    expect(eventLine(event({ attempt: 2 }), noPaint)).toContain('rooms/1 attempt 2 ');
  });

  it('shows control characters, and never passes them on', () => {
    const line = eventLine(
      event({ topic: 'a\u001b[2J', data: Buffer.from('x\ny\u0007'), attributes: { 'n\r': '\u009b' } }),
      noPaint,
    );
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line).toContain('a\\u001b[2J');
  });

  it('cuts long data, and does not show bytes', () => {
    expect(eventLine(event({ data: Buffer.from('x'.repeat(9999)) }), noPaint).length).toBeLessThan(2100);
    expect(eventLine(event({ data: Uint8Array.of(0xff), contentType: 'image/png' }), noPaint)).toContain(
      '1 bytes of image/png',
    );
  });
});

describe('eventJson', () => {
  it('holds the event, and leaves out what it has not', () => {
    expect(JSON.parse(eventJson(event({ id: 'a', attempt: 1 })))).toEqual({
      seq: 7,
      time: '2026-01-02T03:04:05.678Z',
      topic: 'rooms/1',
      id: 'a',
      attempt: 1,
      contentType: 'application/json',
      data: { t: 31 },
    });
  });

  it('has the data as JSON, as text, or in base64', () => {
    const dataOf = (given: Parameters<typeof event>[0]) => JSON.parse(eventJson(event(given)));
    expect(dataOf({ contentType: 'application/cloudevents+json' })).toMatchObject({ data: { t: 31 } });
    expect(dataOf({ contentType: 'text/plain' })).toMatchObject({ text: '{"t":31}' });
    expect(dataOf({ data: Buffer.from('{') })).toMatchObject({ text: '{' });
    expect(dataOf({ data: Uint8Array.of(0xff, 0xfe) })).toMatchObject({ base64: '//4=' });
  });
});
