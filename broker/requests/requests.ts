import { createHash } from 'node:crypto';
import type { Cost, Filter } from '../../matcher/index.ts';
import type { Config } from '../config/index.ts';
import type { Time } from '../kernel/time.ts';
import { TimerWheel } from '../kernel/timer-wheel.ts';
import { RequestCounts, type RequestOutcome } from '../observe/request-counts.ts';
import type { RequestReading } from '../observe/request-series.ts';
import {
  type Body,
  type Code,
  encodeReply,
  type OverReason,
  ProtocolError,
  type RepliesOverReason,
  type Reply,
  type RequestWish,
} from '../protocol/index.ts';
import { PublishedEvent } from '../publish/event.ts';
import type { Publisher } from '../publish/publish.ts';
import type { FilterCache } from '../subscribe/filter-cache.ts';
import { Answers } from './answers.ts';
import { Ask, type Asker, type AskIdentity } from './ask.ts';
import { Call } from './call.ts';
import type { RequestLine } from './line.ts';
import { Party } from './party.ts';
import type { Server } from './server.ts';
import { Servers } from './servers.ts';
import { type Budget, Share } from './share.ts';
import { Slots } from './slots.ts';

export interface RequestsMeans {
  readonly config: Config;
  readonly time: Time;
  readonly filters: FilterCache;
}

/** A request as it came. The topic is checked; `body` is a view that may die when the call returns. */
export interface AskedRequest {
  readonly topic: string;
  readonly wish: RequestWish;
  readonly body: Body;
}

/** Deadlines are looked at so often: what is late is late by no more. */
const TICK_MS = 25;
const DUE_AT_ONCE = 10_000;
/** Servers that may be lost with one request: it may be what ends them. */
const ATTEMPTS_MAX = 3;
/** In the lines of so many servers one request waits at most. */
const LINES_MAX = 32;
/** A request for many is handed to so many servers at most. */
const GROUPS_MAX = 1_000;
/** One connection may have this part of what is kept in memory, and so may all requests whose askers are gone. */
const SHARE_PART = 8;
/** This part of the requests may be such. */
const ORPHANS_PART = 8;
/** Parts that may be wanted ahead. */
const PARTS_MAX = 4_096;

const EMPTY = { data: '' };
const STREAMED = 'the server replies in parts; ask for them';

/**
 * Request/reply: who asks, who serves, and what is under way between them. A request is matched as an event is, and
 * handed to one server, or to one of each group; its reply goes back to whoever waits. Like publishing it has no `await`:
 * what a connection asks is handed over in the order in which it asked.
 *
 * All of it is in memory, and of connections: the end of one ends its part of everything, but for requests with an
 * identity, which go on for who says them again.
 */
export class Requests {
  readonly counts = new RequestCounts();
  readonly #means: RequestsMeans;
  readonly #servers: Servers;
  readonly #answers: Answers;
  readonly #budget: Budget;
  readonly #wheel: TimerWheel;
  readonly #slots = new Slots<Asker>();
  /** Those under way that may be said again, by their key. */
  readonly #known = new Map<string, Ask>();
  #open = 0;
  /** Those of them whose asker's connection is gone. */
  #orphans = 0;
  /** What is kept of those. */
  readonly #orphaned: Share;
  #waiting = 0;
  #bytes = 0;
  #turn = 0;
  #stopTicking: (() => void) | undefined;

  constructor(means: RequestsMeans) {
    this.#means = means;
    const { config, time, filters } = means;
    this.#servers = new Servers({ filters, serversMax: config.serversMax, residualMax: config.residualFiltersMax });
    this.#answers = new Answers({
      nowMs: () => time.monotonicMs(),
      windowMs: config.answerWindowMs,
      answersMax: config.answersMax,
      bytesMax: config.answerBytesMax,
    });
    this.#wheel = new TimerWheel(time.monotonicMs());
    this.#budget = {
      take: (bytes) => {
        if (this.#bytes + bytes > config.requestBytesMax) return false;
        this.#bytes += bytes;
        return true;
      },
      give: (bytes) => {
        this.#bytes -= bytes;
      },
    };
    this.#orphaned = this.#share();
  }

  start(): void {
    this.#stopTicking ??= this.#means.time.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  /** Requests without an answer. */
  get open(): number {
    return this.#open;
  }

  /** Every request that was answered within so many milliseconds is answered the same when it is said again. */
  get answersReachMs(): number {
    return this.#answers.reachMs;
  }

  reading(): RequestReading {
    return {
      counts: this.counts,
      servers: this.#servers.count,
      open: this.#open,
      waiting: this.#waiting,
      bytes: this.#bytes,
      answers: this.#answers.count,
      answerBytes: this.#answers.bytes,
      answersForgotten: this.#answers.forgotten,
    };
  }

  /** A connection that is going to ask or to serve. */
  join(line: RequestLine): Party {
    return new Party(line, this.#share(), (party) => {
      for (const server of party.servers.values()) this.#serveWaiting(server);
    });
  }

  /** The connection has ended: who waits at it, and what it has in hand. */
  leave(party: Party): void {
    party.end();
    for (const server of [...party.servers.values()]) this.#removeServer(server);
    for (const asker of [...party.asks.values()]) this.#askerGone(asker);
    const lost = [...party.calls.values()];
    party.calls.clear();
    for (const call of lost) this.#lost(call);
  }

  /** Throws FilterError, also `residual_limit`, or ProtocolError `subscription_limit`. */
  serve(
    party: Party,
    filter: Filter,
    {
      group = filter.topic,
      concurrency = this.#means.config.serverConcurrencyDefault,
    }: {
      readonly group?: string | undefined;
      readonly concurrency?: number | undefined;
    },
  ): { readonly server: Server; readonly cost: Cost } {
    const { subscriptionsPerSessionMax } = this.#means.config;
    if (party.servers.size >= subscriptionsPerSessionMax) {
      throw new ProtocolError('subscription_limit', `a connection has at most ${subscriptionsPerSessionMax} servers`);
    }
    const [server, cost] = this.#servers.add(party, filter, { group, concurrency });
    party.servers.set(server.id, server);
    return { server, cost };
  }

  /** Nothing more is handed to it; what it has, it may answer. Throws ProtocolError `server_unknown`. */
  unserve(party: Party, id: number): void {
    const server = party.servers.get(id);
    if (server === undefined) throw new ProtocolError('server_unknown', `this connection has no server ${id}`);
    this.#removeServer(server);
  }

  /**
   * Takes a request. Throws ProtocolError (`no_responders`, `servers_busy`, `request_limit`, `request_differs`,
   * `event_too_large`, `rate_limited`, `frame_malformed`), and then nothing was done. Else it is replied to, or refused,
   * later: within its time, and a tick.
   */
  ask(party: Party, publisher: Publisher, ref: number, request: AskedRequest): void {
    this.#admit(party, publisher, ref, request);
    const { topic, wish, body } = request;
    const identity = identityOf(topic, body);
    if (identity !== undefined && this.#isKnown(identity, party, ref, request)) return;
    const event = this.#eventOf(request);
    const servers = this.#servers.match(event);
    if (servers.length === 0) {
      this.counts.outcomes.no_responders += 1;
      throw new ProtocolError('no_responders', this.#servers.whyNone(topic));
    }
    const ask = new Ask(event, wish, identity, party.share);
    const asker = this.#wait(ask, party, ref, false);
    if (identity !== undefined) this.#known.set(identity.key, ask);
    const begun = wish.many === undefined ? this.#begin(new Call(ask), servers) : this.#beginMany(ask, servers);
    if (!begun) {
      this.#done(asker, 'servers_busy');
      this.#forget(ask);
      throw new ProtocolError(
        'servers_busy',
        `all ${servers.length} servers of this request have as many as they take`,
      );
    }
    // Whoever has it has its own copy. The memory is the network's.
    if (ask.keptBytes === 0) ask.event = undefined;
  }

  /** Its asker does not wait any more. One that is unknown has ended meanwhile. */
  cancel(party: Party, ref: number): void {
    const asker = party.asks.get(ref);
    if (asker === undefined) return;
    this.#done(asker, 'cancelled');
    this.#abandonIfAlone(asker.ask, 'cancelled');
  }

  /** The asker takes so many parts more. */
  want(party: Party, ref: number, parts: number): void {
    const ask = party.asks.get(ref)?.ask;
    if (ask?.wish.parts === undefined) return;
    for (const call of ask.calls) {
      const more = Math.min(parts, PARTS_MAX - call.wanted);
      if (more <= 0) continue;
      call.wanted += more;
      if (call.server !== undefined) call.server.party.line.wantedParts(call.number, more);
    }
  }

  /** A server replies. What nobody waits for any more is counted, and the server told. */
  reply(party: Party, number: number, reply: Reply): void {
    const call = party.calls.get(number);
    if (call === undefined) {
      if (reply.kind !== 'stopped') this.#late(party, number);
      return;
    }
    if (reply.kind === 'part') {
      this.#part(call, reply);
      return;
    }
    this.#freeServer(call);
    if (reply.kind === 'stopped') this.#stopped(call);
    else if (call.over) this.#repliedLate(call, party, number, reply);
    else if (reply.kind === 'end' && call.ask.wish.parts === undefined) this.#fail(call, 'reply_streamed', STREAMED);
    else this.#replied(call, reply);
    const { server } = call;
    if (server !== undefined) this.#serveWaiting(server);
    for (const other of party.crowdedOut) {
      if (party.isCrowded) return;
      party.crowdedOut.delete(other);
      this.#serveWaiting(other);
    }
  }

  #admit(party: Party, publisher: Publisher, ref: number, { body, wish }: AskedRequest): void {
    const { config, time } = this.#means;
    if (ref === 0 || party.asks.has(ref)) throw malformed('a request needs a ref of its own');
    if (wish.timeoutMs < 1 || wish.timeoutMs > config.requestTimeoutMsMax) {
      throw malformed(`a request with a time of ${wish.timeoutMs} ms; 1 to ${config.requestTimeoutMsMax}`);
    }
    const one = wish.many === undefined && wish.parts === undefined;
    if (wish.many !== undefined && wish.parts !== undefined) throw malformed('a request for many takes no parts');
    if (!one && isIdentified(body)) throw malformed('only a request for one reply can have a source and an id');
    if (wish.parts !== undefined && (wish.parts < 1 || wish.parts > PARTS_MAX)) {
      throw malformed(`a request that wants ${wish.parts} parts; 1 to ${PARTS_MAX}`);
    }
    if (body.bytes.length > config.eventBytesMax) {
      throw new ProtocolError('event_too_large', `${body.bytes.length} bytes; at most ${config.eventBytesMax}`);
    }
    if (config.publishPerSecondMax > 0 && !publisher.rate.take(time.monotonicMs())) {
      throw new ProtocolError('rate_limited', `over ${config.publishPerSecondMax} events a second on one connection`);
    }
    if (party.asks.size >= config.requestsPerConnectionMax) {
      throw new ProtocolError('request_limit', `${party.asks.size} requests of this connection are unanswered`);
    }
    if (this.#open >= config.requestsMax) {
      throw new ProtocolError('request_limit', `${this.#open} requests of the broker are unanswered`);
    }
  }

  /** Whether it was asked before, and is answered, or going to be. Throws ProtocolError `request_differs`. */
  #isKnown({ key, digest }: AskIdentity, party: Party, ref: number, request: AskedRequest): boolean {
    const answer = this.#answers.find(key);
    const ask = this.#known.get(key);
    const before = answer?.digest ?? ask?.identity?.digest;
    if (before === undefined) return false;
    if (before !== digest)
      throw new ProtocolError('request_differs', 'another request was sent with this source and id');
    if (answer !== undefined) {
      this.counts.asked += 1;
      this.counts.outcomes.repeated += 1;
      party.replied(ref, true, answer.kind, answer.bytes);
    } else if (ask !== undefined) {
      this.counts.joined += 1;
      for (const call of ask.calls) call.over = false;
      this.#wait(ask, party, ref, true, request.wish.timeoutMs);
      if (ask.event === undefined) {
        ask.event = this.#eventOf(request);
        if (!this.#keep(ask)) ask.event = undefined;
      }
    }
    return true;
  }

  #eventOf({ topic, body }: AskedRequest): PublishedEvent {
    const { time, config } = this.#means;
    const place = { seq: 0, topic, time: body.time ?? time.wallMs(), arrivedMs: time.monotonicMs() };
    const limits = { depthMax: config.jsonDepthMax, keysMax: config.jsonKeysMax };
    return new PublishedEvent(place, body, limits);
  }

  #wait(ask: Ask, party: Party, ref: number, joined: boolean, timeoutMs = ask.wish.timeoutMs): Asker {
    const nowMs = this.#means.time.monotonicMs();
    const asker: Asker = { ask, ref, party, slot: 0, deadlineMs: nowMs + timeoutMs, sinceMs: nowMs, joined };
    asker.slot = this.#slots.take(asker);
    this.#wheel.schedule(asker.slot, asker.deadlineMs);
    ask.askers.add(asker);
    party.asks.set(ref, asker);
    this.#open += 1;
    this.counts.asked += 1;
    return asker;
  }

  /** One waits no more. */
  #done(asker: Asker, outcome: RequestOutcome): void {
    this.#wheel.cancel(asker.slot);
    this.#slots.free(asker.slot);
    asker.ask.askers.delete(asker);
    if (asker.party === undefined) this.#orphans -= 1;
    else asker.party.asks.delete(asker.ref);
    this.#open -= 1;
    this.counts.outcomes[outcome] += 1;
  }

  /** One server of each group. */
  #beginMany(ask: Ask, servers: readonly Server[]): boolean {
    const groups = new Map<string, Server[]>();
    for (const server of servers) {
      const group = groups.get(server.group);
      if (group !== undefined) group.push(server);
      else if (groups.size < GROUPS_MAX) groups.set(server.group, [server]);
    }
    for (const group of groups.values()) if (this.#begin(new Call(ask), group)) ask.servers += 1;
    return ask.servers > 0;
  }

  /** To the server with the most room, or into the lines of those who have none. False where none takes any more. */
  #begin(call: Call, servers: readonly Server[]): boolean {
    let best: Server | undefined;
    for (const server of servers) {
      if (server.hasRoom && (best === undefined || server.isBefore(best))) best = server;
    }
    if (best === undefined) return this.#line(call, servers);
    this.#hand(call, best);
    return true;
  }

  #line(call: Call, servers: readonly Server[]): boolean {
    const { requestsWaitingMax, requestsMax } = this.#means.config;
    if (this.#waiting >= requestsMax) return false;
    const lines = servers.filter(({ waiting }) => waiting.size < requestsWaitingMax).slice(0, LINES_MAX);
    if (lines.length === 0 || !this.#keep(call.ask)) return false;
    call.waitsAt = lines;
    for (const { waiting } of lines) waiting.add(call);
    call.ask.calls.add(call);
    this.#waiting += 1;
    return true;
  }

  #leaveLines(call: Call): void {
    if (call.waitsAt.length === 0) return;
    for (const { waiting } of call.waitsAt) waiting.delete(call);
    call.waitsAt = [];
    this.#waiting -= 1;
  }

  #hand(call: Call, server: Server): void {
    const { ask } = call;
    const { party } = server;
    const event = ask.event as PublishedEvent;
    call.server = server;
    call.number = party.freshCall();
    ask.calls.add(call);
    party.calls.set(call.number, call);
    server.inHand += 1;
    this.#turn += 1;
    server.lastTurn = this.#turn;
    this.counts.calls += 1;
    const { number, attempt, wanted } = call;
    const remainingMs = Math.max(1, Math.ceil(ask.deadlineMs - this.#means.time.monotonicMs()));
    const handed = { server: server.id, call: number, topic: ask.topic, remainingMs, attempt, parts: wanted };
    party.line.call(handed, event.bytes);
    // For another, should this one be lost. Without room for that it is handed over all the same.
    if (ask.identity !== undefined) this.#keep(ask);
  }

  /** Copies the request out of the network's memory. False where too much is kept already. */
  #keep(ask: Ask): boolean {
    if (ask.keptBytes > 0) return true;
    const bytes = ask.event?.bytes.length ?? 0;
    if (bytes === 0 || !ask.share.take(bytes)) return false;
    ask.keptBytes = bytes;
    ask.event?.own();
    return true;
  }

  /** Nothing of it is under way any more, or nobody has to be handed it. */
  #forget(ask: Ask): void {
    ask.share.give(ask.keptBytes);
    ask.keptBytes = 0;
    ask.event = undefined;
    if (ask.identity !== undefined && this.#known.get(ask.identity.key) === ask) this.#known.delete(ask.identity.key);
  }

  #serveWaiting(server: Server): void {
    while (server.waiting.size > 0 && server.hasRoom) {
      const [call] = server.waiting;
      if (call === undefined) return;
      this.#leaveLines(call);
      this.#hand(call, server);
      if (call.ask.identity === undefined && !hasWaiting(call.ask)) this.#letGo(call.ask);
    }
  }

  /** Every server has its copy, or nobody waits. */
  #letGo(ask: Ask): void {
    ask.share.give(ask.keptBytes);
    ask.keptBytes = 0;
    ask.event = undefined;
  }

  #freeServer(call: Call): void {
    const { server } = call;
    if (server === undefined) return;
    server.party.calls.delete(call.number);
    server.inHand -= 1;
    call.ask.calls.delete(call);
  }

  #part(call: Call, reply: Reply): void {
    if (call.over) return;
    const { ask } = call;
    if (ask.wish.parts === undefined) {
      this.#refuseReply(call, 'reply_streamed', STREAMED);
    } else if (call.wanted === 0)
      this.#refuseReply(call, 'reply_overrun', 'the server sent more parts than were wanted');
    else if (this.#isTooLarge(reply)) this.#refuseReply(call, 'reply_too_large', this.#tooLarge(reply));
    else {
      call.wanted -= 1;
      this.counts.parts += 1;
      for (const { party, ref } of ask.askers) party?.replied(ref, false, 'part', reply.bytes);
    }
  }

  /** The reply is no good, and the server told so; its asker is told why. It has the call in hand until it stops. */
  #refuseReply(call: Call, code: RequestOutcomeCode, message: string): void {
    call.over = true;
    call.server?.party.line.callOver(call.number, 'refused');
    this.#fail(call, code, message);
  }

  #replied(call: Call, reply: Reply): void {
    if (this.#isTooLarge(reply)) {
      this.#fail(call, 'reply_too_large', this.#tooLarge(reply));
      return;
    }
    const { ask } = call;
    const { kind, bytes } = reply;
    this.#remember(ask, reply);
    if (ask.wish.many !== undefined) {
      for (const { party, ref } of ask.askers) party?.replied(ref, false, kind, bytes);
      this.#repliedToMany(ask);
      return;
    }
    for (const asker of [...ask.askers]) {
      asker.party?.replied(asker.ref, asker.joined, kind, bytes);
      this.counts.seconds.record(this.#means.time.monotonicMs() - asker.sinceMs);
      this.#done(asker, kind === 'error' ? 'failed' : 'answered');
    }
    this.#forget(ask);
  }

  /** What may be said again is answered the same, also where nobody waits for this answer any more. */
  #remember({ identity }: Ask, { kind, bytes }: Reply): void {
    if (identity !== undefined) this.#answers.keep(identity.key, identity.digest, kind, bytes);
  }

  #repliedToMany(ask: Ask): void {
    ask.replies += 1;
    const { many } = ask.wish;
    if (many !== undefined && many > 0 && ask.replies >= many) this.#endMany(ask, 'enough');
    else if (ask.calls.size === 0) this.#endMany(ask, 'all');
  }

  #endMany(ask: Ask, reason: RepliesOverReason): void {
    for (const asker of [...ask.askers]) {
      asker.party?.repliesOver(asker.ref, ask.servers, ask.replies, reason);
      this.counts.seconds.record(this.#means.time.monotonicMs() - asker.sinceMs);
      this.#done(asker, reason === 'deadline' ? 'deadline' : 'answered');
    }
    this.#abandon(ask, reason === 'deadline' ? 'deadline' : 'enough');
  }

  /** One call has come to nothing, by the broker's own judgement. */
  #fail(call: Call, code: RequestOutcomeCode, message: string): void {
    const { ask } = call;
    ask.calls.delete(call);
    if (ask.wish.many !== undefined) {
      const bytes = encodeReply(EMPTY, { code, message });
      for (const { party, ref } of ask.askers) party?.replied(ref, false, 'error', bytes);
      this.#repliedToMany(ask);
      return;
    }
    for (const asker of [...ask.askers]) {
      asker.party?.refused(asker.ref, code, message);
      this.#done(asker, OUTCOMES[code]);
    }
    this.#forget(ask);
  }

  #repliedLate(call: Call, party: Party, number: number, reply: Reply): void {
    if (!this.#isTooLarge(reply) && reply.kind !== 'end') this.#remember(call.ask, reply);
    if (call.ask.calls.size === 0) this.#forget(call.ask);
    this.#late(party, number);
  }

  #late(party: Party, number: number): void {
    this.counts.late += 1;
    party.line.callOver(number, 'late');
  }

  /** The server gives it back. Whoever waits for it (by now) is served by another, unless its reply was refused before. */
  #stopped(call: Call): void {
    if (!call.over) this.#again(call, 'the server gave it back');
    else if (call.ask.askers.size === 0 && call.ask.calls.size === 0) this.#forget(call.ask);
  }

  /** The server is gone with it. */
  #lost(call: Call): void {
    if (call.server !== undefined) call.server.inHand -= 1;
    call.ask.calls.delete(call);
    if (call.over || call.ask.askers.size === 0) {
      if (call.ask.calls.size === 0 && call.ask.askers.size === 0) this.#forget(call.ask);
      return;
    }
    this.#again(call, 'the server was lost');
  }

  /** To another server, where that does no harm. */
  #again(call: Call, why: string): void {
    const { ask } = call;
    const { event } = ask;
    const mayRepeat = ask.identity !== undefined && call.attempt < ATTEMPTS_MAX;
    if (event === undefined || !mayRepeat) {
      this.#fail(call, 'server_lost', `${why} before it answered`);
      return;
    }
    const next = new Call(ask);
    next.attempt = call.attempt + 1;
    this.counts.callsAgain += 1;
    const servers = this.#servers.match(event);
    if (!this.#begin(next, servers))
      this.#fail(call, 'server_lost', `${why} before it answered, and there is no other`);
  }

  #removeServer(server: Server): void {
    this.#servers.remove(server);
    server.party.servers.delete(server.id);
    server.party.crowdedOut.delete(server);
    for (const call of [...server.waiting]) {
      server.waiting.delete(call);
      call.waitsAt = call.waitsAt.filter((one) => one !== server);
      if (call.waitsAt.length > 0) continue;
      this.#waiting -= 1;
      this.#lineAgain(call);
    }
  }

  /** All for whom it waited are gone. Nobody has had it, so it is as if it came now. */
  #lineAgain(call: Call): void {
    const { event } = call.ask;
    const servers = event === undefined ? [] : this.#servers.match(event);
    if (servers.length > 0 && this.#begin(call, servers)) return;
    const code = servers.length === 0 ? 'no_responders' : 'servers_busy';
    this.#fail(call, code, 'the servers that it waited for are gone');
  }

  #askerGone(asker: Asker): void {
    if (asker.ask.identity !== undefined && this.#goesOn(asker)) return;
    this.#done(asker, 'asker_gone');
    this.#abandonIfAlone(asker.ask, 'asker_gone');
  }

  /** For a while: its asker may come back, and say it again. False where too much goes on like that already. */
  #goesOn(asker: Asker): boolean {
    const { config, time } = this.#means;
    const { ask, party } = asker;
    if (this.#orphans >= config.requestsMax / ORPHANS_PART) return false;
    if (ask.share === party?.share) {
      if (!this.#orphaned.takeOver(ask.share, ask.keptBytes)) return false;
      ask.share = this.#orphaned;
    }
    this.#orphans += 1;
    party?.asks.delete(asker.ref);
    asker.party = undefined;
    asker.deadlineMs = Math.min(asker.deadlineMs, time.monotonicMs() + config.answerWindowMs);
    this.#wheel.schedule(asker.slot, asker.deadlineMs);
    return true;
  }

  #share(): Share {
    return new Share(this.#budget, this.#means.config.requestBytesMax / SHARE_PART);
  }

  #abandonIfAlone(ask: Ask, reason: OverReason): void {
    if (ask.askers.size === 0) this.#abandon(ask, reason);
  }

  /** Nobody waits for it: servers are told to stop, and have it in hand until they reply. */
  #abandon(ask: Ask, reason: OverReason): void {
    for (const call of [...ask.calls]) {
      if (call.server === undefined) {
        this.#leaveLines(call);
        ask.calls.delete(call);
      } else if (!call.over) {
        call.over = true;
        call.server.party.line.callOver(call.number, reason);
      }
    }
    if (ask.identity === undefined || ask.calls.size === 0) this.#forget(ask);
    // Who says it again brings it with him.
    else this.#letGo(ask);
  }

  #tick(): void {
    this.#answers.sweep();
    this.#servers.tellAgain();
    const due: Asker[] = [];
    this.#wheel.advance(this.#means.time.monotonicMs(), DUE_AT_ONCE, (slot) => {
      const asker = this.#slots.holder(slot);
      if (asker !== undefined) due.push(asker);
    });
    if (due.length === 0) return;
    // After a stall the reply may be here already, and not read yet.
    this.#means.time.afterReads(() => {
      for (const asker of due) if (asker.ask.askers.has(asker)) this.#expire(asker);
    });
  }

  #expire(asker: Asker): void {
    const { ask, party, ref } = asker;
    if (ask.wish.many === undefined) party?.refused(ref, 'deadline_exceeded', 'no reply came in time');
    else party?.repliesOver(ref, ask.servers, ask.replies, 'deadline');
    this.#done(asker, 'deadline');
    this.#abandonIfAlone(ask, 'deadline');
  }

  /** As an event is, with some room for what an error says of itself. */
  #isTooLarge({ bytes }: Reply): boolean {
    return bytes.length > this.#means.config.eventBytesMax;
  }

  #tooLarge({ bytes }: Reply): string {
    return `a reply of ${bytes.length} bytes; at most ${this.#means.config.eventBytesMax}`;
  }
}

const OUTCOMES = {
  reply_streamed: 'refused',
  reply_overrun: 'refused',
  reply_too_large: 'refused',
  server_lost: 'server_lost',
  no_responders: 'no_responders',
  servers_busy: 'servers_busy',
} as const satisfies { readonly [C in Code]?: RequestOutcome };
type RequestOutcomeCode = keyof typeof OUTCOMES;

function hasWaiting({ calls }: Ask): boolean {
  for (const { server } of calls) if (server === undefined) return true;
  return false;
}

function isIdentified({ source, id }: Body): boolean {
  return source !== undefined && id !== undefined;
}

function identityOf(topic: string, { source, id, bytes }: Body): AskIdentity | undefined {
  if (source === undefined || id === undefined) return undefined;
  const digest = createHash('sha256').update(`${topic}\n`).update(bytes).digest('base64');
  return { key: `${source.length}:${source}${id}`, digest };
}

function malformed(message: string): ProtocolError {
  return new ProtocolError('frame_malformed', message);
}
