import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { SUBPROTOCOL } from '../../broker/protocol/index.ts';
import { LINGER_MS } from '../../broker/transports/linger.ts';
import { MemoryTransport } from '../../broker/transports/memory.ts';
import type { MemoryAnswer } from '../../broker/transports/memory-answer.ts';
import type { MemoryPeer } from '../../broker/transports/memory-peer.ts';
import { describeHttp, type HttpHarness, type HttpLimits, type TestExchange } from './http.conformance.ts';
import { describeTransport, type TestClient, type TransportHarness } from './transport.conformance.ts';

function memoryHarness(limits: HttpLimits): TransportHarness & HttpHarness {
  const time = new SimulatedTime();
  const faults: unknown[] = [];
  const portsTaken = new Set<number>();
  const options = { ...limits, time, portsTaken, onFault: (fault: unknown) => void faults.push(fault) };
  const transport = new MemoryTransport(options);
  return {
    transport,
    faults,
    rival: () => new MemoryTransport(options),
    connect: ({ protocol = SUBPROTOCOL, path = '/', origin } = {}) =>
      memoryClient(transport.connect(protocol, { path, headers: origin === undefined ? {} : { Origin: origin } })),
    request: (request) => memoryExchange(transport.request(request)),
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
}

describeTransport('memory', async (limits) => memoryHarness(limits));
describeHttp('memory', async (limits) => memoryHarness(limits));

function memoryExchange(answer: MemoryAnswer): TestExchange {
  return {
    get status() {
      return answer.head?.status;
    },
    header: (name) =>
      Object.entries(answer.head?.headers ?? {}).find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1],
    get text() {
      return answer.text;
    },
    get isComplete() {
      return answer.isComplete;
    },
    get isCut() {
      return answer.isCut;
    },
    pause: () => answer.pause(),
    resume: () => answer.resume(),
    leave: () => answer.leave(),
  };
}

function memoryClient(peer: MemoryPeer): TestClient {
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
