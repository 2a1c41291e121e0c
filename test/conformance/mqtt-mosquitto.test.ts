import { describe } from 'vitest';
import { MOSQUITTO, MOSQUITTO_INSTALLED } from '../support/mqtt/mqtt-brokers.ts';
import { mqttConformance } from './mqtt.conformance.ts';

// The reference: what the suite asks of Tellwhen, a broker that many use keeps too.
describe.skipIf(!MOSQUITTO_INSTALLED)('the MQTT suite', () => mqttConformance(MOSQUITTO));
