import { describe, expect, it } from 'vitest';
import { defaultConfig, envOf, flagOf, loadConfig, OPTION_NAMES, OPTIONS } from '../../../../broker/config/index.ts';
import { DEFAULT_LEASE_TERMS } from '../../../../broker/leases/lease-kinds.ts';
import { DEFAULT_PORT } from '../../../../broker/protocol/index.ts';
import { charactersCeiling, depthCeiling } from '../../../../matcher/language/limits.ts';

describe('the table of options', () => {
  it.each(OPTION_NAMES)('%s has a default within its bounds and a meaning that is a sentence', (name) => {
    expect(OPTIONS[name].meaning).toMatch(/^[A-Z].*\.$/);
    // Given explicitly, the default passes every check in both forms.
    expect(loadConfig({ flags: [flagOf(name), String(defaultConfig[name])] }).config).toEqual(defaultConfig);
    const text = JSON.stringify({ [name]: defaultConfig[name] });
    expect(loadConfig({ file: { path: 'f', text } }).config).toEqual(defaultConfig);
  });

  it('has a flag and a variable for each, no two the same', () => {
    expect(flagOf('deliveryLeaseMsDefault')).toBe('--delivery-lease-ms-default');
    expect(envOf('deliveryLeaseMsDefault')).toBe('TELLWHEN_DELIVERY_LEASE_MS_DEFAULT');
    for (const nameOf of [flagOf, envOf]) expect(new Set(OPTION_NAMES.map(nameOf)).size).toBe(OPTION_NAMES.length);
  });

  it('agrees with what others take for the default', () => {
    const { delivery, retention, subscription } = DEFAULT_LEASE_TERMS;
    expect(defaultConfig).toMatchObject({
      port: DEFAULT_PORT,
      deliveryLeaseMsDefault: delivery.defaultMs,
      deliveryLeaseMsMin: delivery.minMs,
      deliveryLeaseMsMax: delivery.maxMs,
      deliveryLeaseMsTotalMax: delivery.maxTotalMs,
      retentionMsDefault: retention.defaultMs,
      retentionMsMin: retention.minMs,
      retentionMsMax: retention.maxMs,
      retentionMsTotalMax: retention.maxTotalMs,
      subscriptionLeaseMsDefault: subscription.defaultMs,
      subscriptionLeaseMsMin: subscription.minMs,
      subscriptionLeaseMsMax: subscription.maxMs,
    });
  });

  it('allows nothing that the matcher would refuse', () => {
    expect(OPTIONS.predicateCharactersMax.max).toBeLessThanOrEqual(charactersCeiling);
    expect(OPTIONS.predicateDepthMax.max).toBeLessThanOrEqual(depthCeiling);
  });
});
