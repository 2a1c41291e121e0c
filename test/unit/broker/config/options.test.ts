import { describe, expect, it } from 'vitest';
import {
  type Config,
  completeConfig,
  defaultConfig,
  envOf,
  flagOf,
  loadConfig,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
} from '../../../../broker/config/index.ts';
import { MemoryTransport, startBroker } from '../../../../broker/index.ts';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { DEFAULT_LEASE_TERMS } from '../../../../broker/leases/lease-kinds.ts';
import { DEFAULT_PORT } from '../../../../broker/protocol/index.ts';
import { charactersCeiling, depthCeiling } from '../../../../matcher/language/limits.ts';

describe('the table of options', () => {
  it.each(OPTION_NAMES)('%s has a default within its bounds and a meaning that is a sentence', (name) => {
    expect(OPTIONS[name].meaning).toMatch(/^[A-Z].*\.$/);
    // Given explicitly, the default passes every check in both forms.
    expect(loadConfig({ flags: [`${flagOf(name)}=${defaultConfig[name]}`] }).config).toEqual(defaultConfig);
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

describe('a broker starts', () => {
  const largest = OPTION_NAMES.flatMap((name) => {
    const option = OPTIONS[name];
    return option.type === 'integer' ? ([[name, option.max]] as const) : [];
  });

  it.each(largest)('with %s as large as it may be', async (name, max) => {
    const transport = new MemoryTransport({
      time: new SimulatedTime(),
      onFault: (fault) => {
        throw fault;
      },
    });
    const broker = await startBroker({ config: { memory: true, ...atMost(name, max) }, transport });
    await broker.stop();
  });

  /** With whatever else must be as large for it. */
  function atMost(name: OptionName, max: number): Partial<Config> {
    const config: { [name: string]: number } = { [name]: max };
    for (;;) {
      try {
        completeConfig(config);
        return config;
      } catch (error) {
        const [, smaller = '', larger = ''] = /(\w+) \(\d+\) must be at most (\w+) \(/.exec(String(error)) ?? [];
        if (!(smaller in config) || larger in config) throw error;
        config[larger] = max;
      }
    }
  }
});
