import { describe, expect, it } from 'vitest';
import { agreement, consentOf } from '../../../../../../broker/doors/http/webhooks/consent.ts';

const TERMS = { origin: 'Broker.example', askedPerMinute: 500, unaskedPerMinute: 60 };
const REFUSED = { given: false, perMinute: 60 };

describe('consentOf', () => {
  it.each([
    [
      { 'webhook-allowed-origin': 'broker.example', 'webhook-allowed-rate': '120' },
      { given: true, perMinute: 120 },
    ],
    [
      { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '*' },
      { given: true, perMinute: Infinity },
    ],
    [{ 'webhook-allowed-origin': '*' }, { given: true, perMinute: 500 }],
    [
      { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '0' },
      { given: true, perMinute: 500 },
    ],
    [{ 'webhook-allowed-origin': 'other.example', 'webhook-allowed-rate': '120' }, REFUSED],
    [{ 'webhook-allowed-rate': '120', allow: 'POST' }, REFUSED],
  ])('%j', (headers, consent) => {
    expect(consentOf(new Map(Object.entries(headers)), TERMS)).toEqual(consent);
  });

  it('is none where there was no answer', () => {
    expect(consentOf(undefined, TERMS)).toEqual(REFUSED);
  });
});

describe('agreement', () => {
  it('is with whoever asks, to as much as one address may publish', () => {
    expect(agreement(new Map(), 100)).toEqual({});
    const asking = new Map([['webhook-request-origin', 'a.example']]);
    expect(agreement(asking, 100)).toEqual({ 'WebHook-Allowed-Origin': 'a.example', 'WebHook-Allowed-Rate': '6000' });
    expect(agreement(asking, 0)).toMatchObject({ 'WebHook-Allowed-Rate': '*' });
  });
});
