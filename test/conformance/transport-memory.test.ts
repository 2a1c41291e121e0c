import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { SUBPROTOCOL } from '../../broker/protocol/index.ts';
import { LINGER_MS } from '../../broker/transports/linger.ts';
import { MemoryTransport } from '../../broker/transports/memory.ts';
import { describeTransport, type TestClient } from './transport.conformance.ts';

describeTransport('memory', async (limits) => {
  const time = new SimulatedTime();
  const faults: unknown[] = [];
  const portsTaken = new Set<number>();
  const options = { ...limits, time, portsTaken, onFault: (fault: unknown) => void faults.push(fault) };
  const transport = new MemoryTransport(options);
  return {
    transport,
    faults,
    rival: () => new MemoryTransport(options),
    connect: ({ protocol = SUBPROTOCOL } = {}) => memoryClient(transport, protocol),
    page: (path) => transport.page(path),
    until: async (condition) => {
      for (let turn = 0; !condition(); turn++) {
        if (turn > 100) throw new Error('it never came about');
        time.settle();
        // What was resolved meanwhile has its say.
        await Promise.resolve();
      }
    },
    passLinger: () => time.advance(LINGER_MS),
  };
});

function memoryClient(transport: MemoryTransport, protocol: string): TestClient {
  const peer = transport.connect(protocol);
  const messages: (string | Uint8Array)[] = [];
  let closedWith: TestClient['closedWith'];
  peer.handler = {
    onText: (message) => void messages.push(message),
    onBinary: (message) => void messages.push(message),
    onClose: (code, reason) => {
      closedWith = { code, reason };
    },
  };
  return {
    messages,
    get state() {
      return peer.state === 'closing' ? 'open' : peer.state;
    },
    get closedWith() {
      return closedWith;
    },
    sendText: (message) => peer.sendText(message),
    sendBinary: (message) => peer.sendBinary(message),
    pause: () => peer.pause(),
    resume: () => peer.resume(),
    close: (code, reason) => peer.close(code, reason),
    vanish: () => peer.vanish(),
  };
}
