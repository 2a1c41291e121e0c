import type { Config } from '../config/index.ts';
import type { Lane, Turns } from '../kernel/turns.ts';
import type { Counters } from '../observe/counters.ts';
import type { Log } from '../observe/log.ts';
import {
  BROKERS_OWN,
  type BrokerControl,
  CLOSE,
  type ClientControl,
  type ControlOf,
  decodeControls,
  isControlList,
  ProtocolError,
  type Provenance,
  type RawControl,
  readClientControl,
  uncountedBy,
} from '../protocol/index.ts';
import type { Publisher } from '../publish/publish.ts';
import type { TokenBucket } from '../publish/rate.ts';
import type { Connection, ConnectionHandler } from '../transports/transport.ts';
import { type ControlMeans, handleControl } from './control-requests.ts';
import { Outbound, type OutboundMeans } from './outbound.ts';
import { answerQuestion, isQuestion, type Question, type QuestionMeans } from './questions.ts';
import { type RecordMeans, RecordRequests } from './record-requests.ts';
import type { Refusal } from './refusal.ts';
import { answerServerRequest, isServerRequest } from './server-requests.ts';
import type { Session, SessionLink } from './session.ts';
import type { Sessions } from './sessions.ts';
import { answerSpaceRequest, isSpaceQuestion, isSpaceRequest, type SpaceRequest } from './space-control-requests.ts';
import { type SpaceRequestMeans, SpaceRequests } from './space-requests.ts';
import { type BegunMessage, type FrameWorker, WaitingFrames, type WaitingFramesMeans } from './waiting-frames.ts';

export interface LinkMeans {
  readonly config: Config;
  readonly version: string;
  readonly counters: Counters;
  readonly sessions: Sessions;
  readonly control: ControlMeans;
  readonly records: RecordMeans;
  readonly questions: QuestionMeans;
  readonly spaces: SpaceRequestMeans;
  /** For so long every id that was published is known again. */
  readonly idsReachMs: () => number;
  /** For what is too costly to be done at once. */
  readonly turns: Turns;
  /** For frames that many small requests are in. */
  readonly waiting: WaitingFramesMeans;
  /** How fast a connection may publish, its own; full. */
  readonly bucket: () => TokenBucket;
  readonly log: Log;
  readonly greeted: (link: Link) => void;
  /** It said goodbye, and should close. */
  readonly parted: (link: Link) => void;
  readonly closed: (link: Link) => void;
}

/**
 * One connection, from its hello to its end: reads frames, answers what cannot be read, and passes the rest on.
 *
 *     greeting ──hello──▶ open ──close──▶ closed
 *
 * A broker holds ten thousand that only wait, so what serves publishing and questions is made when first it is needed.
 */
export class Link implements ConnectionHandler, Publisher, SessionLink {
  readonly connection: Connection;
  readonly outbound: Outbound;
  readonly #means: LinkMeans;
  #rate: TokenBucket | undefined;
  #provenance = BROKERS_OWN;
  #costly: Lane | undefined;
  #session: Session | undefined;
  /** Goodbye was said, or the connection is closing: nothing more is done for it. */
  #over = false;
  #left = false;
  #records: RecordRequests | undefined;
  #spaces: SpaceRequests | undefined;
  #waiting: WaitingFrames | undefined;

  constructor(connection: Connection, outboundMeans: OutboundMeans, means: LinkMeans) {
    this.connection = connection;
    this.outbound = new Outbound(connection, outboundMeans, () => this.leave('slowConsumer', 'slow_consumer'));
    this.#means = means;
  }

  get isFlushed(): boolean {
    return this.outbound.isFlushed;
  }

  get provenance(): Provenance {
    return this.#provenance;
  }

  get rate(): TokenBucket {
    this.#rate ??= this.#means.bucket();
    return this.#rate;
  }

  onText(message: string): void {
    const bytes = Buffer.byteLength(message);
    this.#count(bytes);
    const max = this.#means.config.controlFrameBytesMax;
    if (bytes > max) {
      const error = new ProtocolError('frame_too_large', `a control frame of ${bytes} bytes; at most ${max}`);
      this.#refuse(0, error);
    } else if (this.#waiting === undefined) this.#text(message, bytes);
    else if (!this.#waiting.text(message, bytes)) this.#tooMuchWaits();
  }

  onBinary(message: Uint8Array): void {
    this.#count(message.length);
    if (this.#waiting === undefined) this.#data(message);
    else if (!this.#waiting.data(message)) this.#tooMuchWaits();
  }

  onWritable(): void {
    this.outbound.drained();
  }

  onClose(): void {
    this.#part();
    this.outbound.end();
    this.#means.closed(this);
  }

  giveUp(): void {
    this.outbound.control(
      refused(0, { code: 'session_taken_over', message: 'another connection resumed the session' }),
    );
    this.leave('takenOver', 'session_taken_over');
  }

  /**
   * Closes. The session is without a connection from here on, and not only when the peer has taken note, which may take
   * seconds: what is delivered meanwhile would be lost.
   */
  leave(why: keyof typeof CLOSE, reason: string): void {
    if (this.#left) return;
    this.#left = true;
    this.outbound.end();
    this.#part();
    this.#means.counters.connectionsClosed[why] += 1;
    this.connection.close(CLOSE[why], reason);
  }

  /** Session and connection go separate ways. */
  #part(): void {
    this.#over = true;
    this.#costly?.clear();
    this.#waiting?.end();
    this.#waiting = undefined;
    const session = this.#session;
    this.#session = undefined;
    this.#records = undefined;
    this.#spaces?.end();
    this.#spaces = undefined;
    if (session === undefined) return;
    const { party } = session;
    session.party = undefined;
    if (party !== undefined) this.#means.records.requests.leave(party);
    this.#means.sessions.detach(session);
  }

  #text(message: string, size: number): void {
    const { slices } = this.#means.waiting;
    if (slices.spent) {
      if (!this.#wait().text(message, size)) this.#tooMuchWaits();
      return;
    }
    const controls = this.#decode(message);
    for (const [next, control] of controls.entries()) {
      if (next > 0 && slices.spent) {
        this.#wait({ controls, next, size });
        return;
      }
      this.#control(control);
    }
  }

  #wait(begun?: BegunMessage): WaitingFrames {
    this.#waiting = new WaitingFrames(this.#means.waiting, this.#worker, begun, () => {
      this.#waiting = undefined;
    });
    return this.#waiting;
  }

  #decode(message: string): readonly RawControl[] {
    try {
      const controls = decodeControls(message);
      if (isControlList(message)) this.outbound.sendLists();
      return controls;
    } catch (error) {
      this.#refuse(0, error);
      return [];
    }
  }

  #control({ ref, value }: RawControl): void {
    try {
      this.#handle(readClientControl(value));
    } catch (error) {
      this.#refuse(ref, error);
    }
  }

  #data(frame: Uint8Array): void {
    try {
      if (this.#session === undefined) {
        throw new ProtocolError('frame_unexpected', 'the first frame of a connection must be hello');
      }
      this.#recordsOf(this.#session).read(frame);
    } catch (error) {
      this.#refuse(0, error);
      // After half a frame nobody knows what the other half defined. A control frame stands alone and needs no such care.
      this.leave('malformed', 'frame_malformed');
    }
  }

  get #worker(): FrameWorker {
    return {
      decode: (message) => this.#decode(message),
      control: (raw) => this.#control(raw),
      data: (frame) => this.#data(frame),
    };
  }

  /** Refusing each of a hundred thousand requests would hold up everybody else as doing them would. */
  #tooMuchWaits(): void {
    const message = 'too many frames wait behind earlier ones of this connection, or of all';
    this.#refuse(0, new ProtocolError('rate_limited', message));
    this.leave('slowConsumer', 'rate_limited');
  }

  #handle(frame: ClientControl): void {
    if (this.#over) throw new ProtocolError('frame_unexpected', 'the session of this connection has ended');
    if (frame.kind === 'hello') this.#greet(frame);
    else if (this.#session === undefined) {
      throw new ProtocolError('frame_unexpected', 'the first frame of a connection must be hello');
    } else if (frame.kind === 'goodbye') {
      this.#means.sessions.close(this.#session);
      this.#part();
      this.#means.parted(this);
      this.outbound.control({ kind: 'farewell', ref: frame.ref });
    } else if (isQuestion(frame)) this.#ask(frame);
    else if (isServerRequest(frame)) {
      this.outbound.control(answerServerRequest(this.#session, this.outbound, frame, this.#means.records));
    } else if (isSpaceRequest(frame)) this.#askOfSpaces(this.#session, frame);
    else handleControl(this.#session, this.outbound, frame, this.#means.control);
  }

  #ask(question: Question): void {
    this.#inTurn(question.ref, () => this.outbound.control(answerQuestion(question, this.#means.questions)));
  }

  #askOfSpaces(session: Session, request: SpaceRequest): void {
    if (isSpaceQuestion(request)) this.#inTurn(request.ref, () => this.#answerOfSpaces(session, request));
    else this.#answerOfSpaces(session, request);
  }

  #answerOfSpaces(session: Session, request: SpaceRequest): void {
    const { spaces, control } = this.#means;
    if (request.kind === 'openSpace' && control.draining()) {
      throw new ProtocolError('broker_draining', 'the broker is shutting down');
    }
    const { frame, durable } = answerSpaceRequest(request, this.#spacesOf(session).caller, spaces.spaces);
    if (durable) control.afterFlush(() => this.outbound.control(frame));
    else this.outbound.control(frame);
  }

  /** In a turn of its own. */
  #inTurn(ref: number, work: () => void): void {
    this.#costly ??= this.#means.turns.lane();
    const waits = this.#costly.add(() => {
      try {
        work();
      } catch (error) {
        this.#refuse(ref, error);
      }
    });
    if (!waits) throw new ProtocolError('rate_limited', 'too many questions are asked at once');
  }

  #recordsOf(session: Session): RecordRequests {
    this.#records ??= new RecordRequests(
      session,
      this.outbound,
      this,
      () => this.#spacesOf(session),
      this.#means.records,
    );
    return this.#records;
  }

  #spacesOf(session: Session): SpaceRequests {
    const refusing = {
      orRefuse: (ref: number, work: () => void): void => this.#recordsOf(session).orRefuse(ref, work),
      refuse: (ref: number, error: unknown): void => this.#recordsOf(session).refuseLater(ref, error),
    };
    this.#spaces ??= new SpaceRequests(session.id, this.outbound, refusing, this.#means.spaces);
    return this.#spaces;
  }

  #greet(hello: ControlOf<ClientControl, 'hello'>): void {
    if (this.#session !== undefined) throw new ProtocolError('frame_unexpected', 'hello was said already');
    if (this.#means.control.draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
    const { sessions } = this.#means;
    const resumed = hello.session === undefined ? undefined : sessions.resume(hello.session, this);
    const session = resumed ?? sessions.open(hello.client, this);
    this.#session = session;
    // A session that is resumed stays who it was.
    this.#provenance = uncountedBy(hello.publisher ?? session.id);
    this.#means.greeted(this);
    this.#means.log.debug('hello', {
      client: hello.client,
      remote: this.connection.remote,
      resumed: resumed !== undefined,
    });
    this.outbound.control(this.#welcome(hello.ref, session, { resumed: resumed !== undefined }));
    for (const { delivery } of session.subscriptions.values()) delivery.attach(this.outbound);
  }

  #welcome(ref: number, session: Session, { resumed }: { readonly resumed: boolean }): BrokerControl {
    const { config, version, idsReachMs, records } = this.#means;
    const dedupMs = Math.floor(idsReachMs());
    const answersMs = Math.floor(records.requests.answersReachMs);
    return {
      kind: 'welcome',
      ref,
      version,
      session: { id: session.id, key: session.key, resumed },
      subscriptions: [...session.subscriptions.keys()],
      limits: {
        controlFrameBytes: config.controlFrameBytesMax,
        dataFrameBytes: config.dataFrameBytesMax,
        eventBytes: config.eventBytesMax,
        topicAliases: config.topicAliasesMax,
        creditEvents: config.creditEventsMax,
        creditBytes: config.creditBytesMax,
        ...(dedupMs > 0 && { dedupMs }),
        requests: config.requestsPerConnectionMax,
        ...(answersMs > 0 && { answersMs }),
      },
    };
  }

  #count(bytes: number): void {
    this.#means.counters.framesIn += 1;
    this.#means.counters.bytesIn += bytes;
  }

  #refuse(ref: number, error: unknown): void {
    this.outbound.control(refused(ref, this.#means.records.refusal(error, 'other')));
  }
}

function refused(ref: number, { code, message, offset }: Refusal): BrokerControl {
  return { kind: 'refused', ref, code, message, ...(offset !== undefined && { offset }) };
}
