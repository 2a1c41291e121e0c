import { type IncomingMessage, request as requestHttp } from 'node:http';
import type { TestExchange, TestRequest } from '../conformance/http.conformance.ts';

/** One request over the network, on a connection of its own. */
export function httpExchange(port: number, { method = 'GET', path, headers = {}, body }: TestRequest): TestExchange {
  const request = requestHttp({ port, host: '127.0.0.1', method, path, headers, agent: false });
  let answer: IncomingMessage | undefined;
  let isComplete = false;
  let isCut = false;
  const pieces: Buffer[] = [];
  request.on('response', (response) => {
    answer = response;
    response.on('data', (piece: Buffer) => void pieces.push(piece));
    response.on('end', () => {
      isComplete = response.complete;
    });
    // A close always follows.
    response.on('error', () => {});
  });
  request.on('close', () => {
    isCut = !isComplete;
  });
  request.on('error', () => {});
  request.end(body);
  return {
    get status() {
      return answer?.statusCode;
    },
    header: (name) => answer?.headers[name.toLowerCase()]?.toString(),
    get text() {
      return Buffer.concat(pieces).toString();
    },
    get isComplete() {
      return isComplete;
    },
    get isCut() {
      return isCut;
    },
    pause: () => void answer?.pause(),
    resume: () => void answer?.resume(),
    leave: () => void request.destroy(),
  };
}
