import { describe, expect, it } from 'vitest';
import {
  type Config,
  ConfigError,
  type ConfigInputs,
  completeConfig,
  defaultConfig,
  loadConfig,
} from '../../../../broker/config/index.ts';

function faultsOf(inputs: ConfigInputs): readonly string[] {
  try {
    loadConfig(inputs);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

const file = (value: unknown) => ({ path: 'tellwhen.json', text: JSON.stringify(value) });

describe('where a value comes from', () => {
  it('nothing given: every default, which is in order', () => {
    const { config, rows } = loadConfig({});
    expect(config).toEqual(defaultConfig);
    expect(new Set(rows.map((row) => row.source))).toEqual(new Set(['default']));
  });

  it('flags win over the environment, that over the file, that over the default', () => {
    const given = {
      file: file({ port: 1, drainMs: 1, leasesMax: 20_000 }),
      env: { TELLWHEN_PORT: '2', TELLWHEN_DRAIN_MS: '2' },
      flags: ['--port', '3'],
    };
    const { config, rows } = loadConfig(given);
    expect(config).toEqual({ ...defaultConfig, port: 3, drainMs: 2, leasesMax: 20_000 });
    const source = Object.fromEntries(rows.map((row) => [row.name, row.source]));
    expect(source).toMatchObject({
      port: '--port',
      drainMs: 'TELLWHEN_DRAIN_MS',
      leasesMax: 'leasesMax in tellwhen.json',
      host: 'default',
    });
  });

  it('a flag may carry its value after = or in the next argument', () => {
    expect(loadConfig({ flags: ['--port=80', '--host', '0.0.0.0'] }).config).toMatchObject({
      port: 80,
      host: '0.0.0.0',
    });
    expect(loadConfig({ flags: ['--log-format=json'] }).config.logFormat).toBe('json');
  });

  it('other variables of the environment are none of its business', () => {
    const env = { PATH: '/bin', PORT: '80', TELLWHEN_PORT: undefined };
    expect(loadConfig({ env }).config).toEqual(defaultConfig);
  });
});

describe('what is refused', () => {
  it('an unknown name, with the one that was meant', () => {
    expect(faultsOf({ flags: ['--prot', '80'] })).toEqual(['--prot is not an option; did you mean --port?']);
    expect(faultsOf({ env: { TELLWHEN_LEASE_MAX: '1' } })).toEqual([
      'TELLWHEN_LEASE_MAX is not an option; did you mean TELLWHEN_LEASES_MAX?',
    ]);
    expect(faultsOf({ file: file({ logLevle: 'info' }) })).toEqual([
      'logLevle in tellwhen.json is not an option; did you mean logLevel?',
    ]);
    expect(faultsOf({ file: file({ prot: 80 }) })).toEqual([
      'prot in tellwhen.json is not an option; did you mean port?',
    ]);
  });

  it('an unknown name like no other, without a guess', () => {
    expect(faultsOf({ flags: ['--zzz'] })).toEqual(['--zzz is not an option']);
    expect(faultsOf({ flags: ['stray'] })).toEqual(['stray is not an option']);
    expect(faultsOf({ file: file({ constructor: 1 }) })).toEqual(['constructor in tellwhen.json is not an option']);
  });

  it('a value outside its bounds, with the bounds', () => {
    expect(faultsOf({ flags: ['--port', '70000'] })).toEqual([
      '--port must be a whole number from 0 to 65535, not "70000"',
    ]);
    expect(faultsOf({ env: { TELLWHEN_LOG_LEVEL: 'loud' } })).toEqual([
      'TELLWHEN_LOG_LEVEL must be debug or info or warn or error or silent, not "loud"',
    ]);
    expect(faultsOf({ file: file({ host: '' }) })).toEqual([
      'host in tellwhen.json must be a text of 1 to 255 characters, not ""',
    ]);
  });

  it.each(['', ' 80', '8e1', '0x50', '-1', '80.5', 'Infinity', '80 '])('%j for a number', (text) => {
    expect(faultsOf({ env: { TELLWHEN_PORT: text } })).toHaveLength(1);
  });

  it.each(['80', 80.5, null, true, [80], {}])('%j in a file for a number', (value) => {
    expect(faultsOf({ file: file({ port: value }) })).toHaveLength(1);
  });

  it('a flag without its value, or given twice', () => {
    expect(faultsOf({ flags: ['--port'] })).toEqual(['--port needs a value']);
    expect(faultsOf({ flags: ['--port', '--host', 'x'] })).toEqual(['--port needs a value']);
    expect(faultsOf({ flags: ['--port', '1', '--port=2'] })).toEqual(['--port is given twice']);
  });

  it('a file that is no JSON object', () => {
    expect(faultsOf({ file: { path: 'a.json', text: '{' } })).toEqual([
      expect.stringMatching(/^a\.json is not JSON: /),
    ]);
    for (const value of [[], null, 1, 'x']) expect(faultsOf({ file: file(value) })).toHaveLength(1);
  });

  it('a key that a file has twice, however it is spelt; not one that is nested or a value', () => {
    const text = '{"port": 1, "host": "port", "logLevel": "\\"port\\":", "p\\u006frt": 2}';
    expect(faultsOf({ file: { path: 'a.json', text } })).toContain('port is given twice in a.json');
    const nested = '{"port": {"host": 1}, "host": "a"}';
    expect(faultsOf({ file: { path: 'a.json', text: nested } })).toEqual([
      expect.stringMatching(/^port in a\.json must/),
    ]);
  });

  it('everything at once', () => {
    const faults = faultsOf({
      file: file({ prot: 1, host: 7 }),
      env: { TELLWHEN_PORT: 'x' },
      flags: ['--drain-ms', 'y', '--outbound-soft-bytes', '2000000'],
    });
    expect(faults).toHaveLength(5);
  });
});

describe('what must hold between options', () => {
  it.each([
    ['--outbound-soft-bytes', 'outboundSoftBytes', 'outboundHardBytes'],
    ['--credit-events-default', 'creditEventsDefault', 'creditEventsMax'],
    ['--event-bytes-max', 'eventBytesMax', 'dataFrameBytesMax'],
    ['--delivery-lease-ms-default', 'deliveryLeaseMsDefault', 'deliveryLeaseMsMax'],
    ['--delivery-lease-ms-max', 'deliveryLeaseMsMax', 'deliveryLeaseMsTotalMax'],
    ['--leases-per-session-max', 'leasesPerSessionMax', 'leasesMax'],
    ['--queue-bytes-max', 'queueBytesMax', 'heldBytesMax'],
    ['--outbound-hard-bytes', 'outboundHardBytes', 'outboundBytesMax'],
  ] as const)('%s', (flag, smaller, larger) => {
    const tooMuch = defaultConfig[larger] + 1;
    const faults = faultsOf({ flags: [flag, String(tooMuch)] });
    expect(faults[0]).toContain(`${smaller} (${tooMuch}) must be at most ${larger} (${defaultConfig[larger]})`);
    expect(
      faultsOf({ flags: [flag, String(defaultConfig[larger])] }).filter((fault) => fault.includes(larger)),
    ).toEqual([]);
  });

  it('a lease default below its minimum', () => {
    expect(faultsOf({ env: { TELLWHEN_RETENTION_MS_DEFAULT: '999' } })).toEqual([
      'retentionMsMin (1000) must be at most retentionMsDefault (999): what nobody asked for must be allowed',
    ]);
  });

  it('is not asked of a value that is faulty by itself', () => {
    expect(faultsOf({ file: file({ leasesPerSessionMax: 2_000_000, leasesMax: 'many' }) })).toHaveLength(1);
  });
});

describe('a total set below a share that nobody set', () => {
  it('takes the share with it, and says so', () => {
    const { config, rows } = loadConfig({ file: file({ leasesMax: 5000 }) });
    expect(config).toEqual({ ...defaultConfig, leasesMax: 5000, leasesPerSessionMax: 5000 });
    expect(rows.find(({ name }) => name === 'leasesPerSessionMax')).toMatchObject({ value: 5000, source: 'leasesMax' });
  });

  it('takes with it what depends on the share', () => {
    const { config } = loadConfig({ flags: ['--held-bytes-max', '1000000'] });
    expect(config).toMatchObject({ heldBytesMax: 1_000_000, queueBytesMax: 1_000_000, queueBytesDefault: 1_000_000 });
  });

  it('is refused where the share was set', () => {
    expect(faultsOf({ flags: ['--leases-max', '5000', '--leases-per-session-max', '5001'] })).toEqual([
      'leasesPerSessionMax (5001) must be at most leasesMax (5000): one cannot have more than all',
    ]);
  });
});

describe('completeConfig', () => {
  it('fills in what is not given', () => {
    expect(completeConfig({})).toEqual(defaultConfig);
    expect(completeConfig({ port: 0, logLevel: 'debug' })).toEqual({ ...defaultConfig, port: 0, logLevel: 'debug' });
    expect(completeConfig({ port: undefined } as unknown as Partial<Config>)).toEqual(defaultConfig);
  });

  it.each([
    [{ prot: 80 }, 'prot is not an option; did you mean port?'],
    [{ port: 70_000 }, 'port must be a whole number from 0 to 65535, not 70000'],
    [{ port: '80' }, 'port must be a whole number from 0 to 65535, not "80"'],
    [{ port: 80n }, 'port must be a whole number from 0 to 65535, not 80n'],
    [{ leasesMax: 10, leasesPerSessionMax: 11 }, 'leasesPerSessionMax (11) must be at most leasesMax (10)'],
  ])('refuses %o', (partial, fault) => {
    expect(() => completeConfig(partial as unknown as Partial<Config>)).toThrow(ConfigError);
    expect(() => completeConfig(partial as unknown as Partial<Config>)).toThrow(fault);
  });
});
