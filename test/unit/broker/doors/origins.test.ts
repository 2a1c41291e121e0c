import { expect, it } from 'vitest';
import { Origins } from '../../../../broker/doors/origins.ts';

function allows(allowed: string, origin: string | undefined, host = '127.0.0.1:8355'): boolean {
  const headers = new Map([['host', host], ...(origin === undefined ? [] : [['origin', origin] as const])]);
  return new Origins(allowed).allow(headers);
}

it('what is no browser says no origin, and may', () => {
  expect(allows('', undefined)).toBe(true);
});

it('the pages of others may not, unless they are named, in whatever case', () => {
  expect(allows('', 'https://a.example')).toBe(false);
  expect(allows('https://b.example, https://A.example', 'https://a.Example')).toBe(true);
  expect(allows('https://a.example', 'http://a.example')).toBe(false);
  expect(allows('https://a.example', 'https://a.example:8443')).toBe(false);
  expect(allows('https://a.example', 'https://a.example.evil.example')).toBe(false);
  expect(allows('*', 'https://a.example')).toBe(true);
});

it('what says that it has no place at all may not, unless all may', () => {
  expect(allows('https://a.example', 'null')).toBe(false);
  expect(allows('*', 'null')).toBe(true);
});

it.each(['127.0.0.1:8355', 'localhost:8355', '[::1]:8355', '192.0.2.7'])('the broker’s own pages at %s may', (host) => {
  expect(allows('', `http://${host}`, host)).toBe(true);
  expect(allows('', 'http://127.0.0.1:9999', host)).toBe(false);
});

it('a name that leads here is no proof that the page came from here', () => {
  expect(allows('', 'http://evil.example:8355', 'evil.example:8355')).toBe(false);
  expect(allows('http://broker.example:8355', 'http://broker.example:8355', 'broker.example:8355')).toBe(true);
});
