import { NodeTransport } from '../../broker/transports/node.ts';
import { networkHarness } from '../support/network-harness.ts';
import { describeHttp } from './http.conformance.ts';
import { describeTransport } from './transport.conformance.ts';

describeTransport('node', (limits) => networkHarness(async (options) => new NodeTransport(options), limits));
describeHttp('node', (limits) => networkHarness(async (options) => new NodeTransport(options), limits));
