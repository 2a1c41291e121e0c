/** The load test, as the command line runs it. */
export { benchLoad, type LoadBenchOptions, PEER_KEYS, SCENARIO_KEYS } from './load-bench.ts';
export { isOursRight, type LoadResults, type ScenarioResult } from './results.ts';
export { saveLoadResults } from './save.ts';
export { scenarioText } from './scenario-text.ts';
