import type { Config } from '../../config/index.ts';
import type { Time } from '../../kernel/time.ts';
import type { Turns } from '../../kernel/turns.ts';
import type { Counters } from '../../observe/counters.ts';
import type { Log } from '../../observe/log.ts';
import type { Page } from '../../observe/pages.ts';
import type { Publish } from '../../publish/publish.ts';
import type { RecentEvents } from '../../publish/recent.ts';
import type { ControlMeans } from '../../session/control-requests.ts';
import type { OutboundBudget } from '../../session/outbound-budget.ts';
import type { QuestionMeans } from '../../session/questions.ts';
import { refusalOf } from '../../session/refusal.ts';
import type { Sessions } from '../../session/sessions.ts';
import type { SettlingMeans } from '../../session/settling.ts';
import type { Journal } from '../../store/journal.ts';
import type { FilterCache } from '../../subscribe/filter-cache.ts';
import { type HttpAnswer, type HttpReply, type HttpRequest, plainAnswer } from '../../transports/transport.ts';
import type { Origins } from '../origins.ts';
import { Callers } from './callers.ts';
import { corsHeaders, preflight } from './cors.ts';
import { EventTexts } from './event-texts.ts';
import { Events } from './events.ts';
import { HttpSubscriptions } from './http-subscriptions.ts';
import { describeDoor } from './openapi.ts';
import { HttpProblem, type Problem, problemAnswer, problemOf } from './problem.ts';
import { checked, decodedParam, readQuery, readRequestBody } from './reading.ts';
import { type Call, type Pattern, patternOf, type Route } from './route.ts';
import { leaseRoutes } from './routes/leases.ts';
import { mailboxRoutes } from './routes/mailboxes.ts';
import { publishRoutes } from './routes/publish.ts';
import { questionRoutes } from './routes/questions.ts';
import { streamRoutes } from './routes/streams.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';
import { Sinks } from './sinks.ts';
import { StoredSubscriptions } from './stored-subscriptions.ts';
import { agreement } from './webhooks/consent.ts';
import type { Post } from './webhooks/post.ts';

export interface HttpDoorMeans extends SettlingMeans {
  readonly config: Config;
  readonly version: string;
  readonly time: Time;
  readonly log: Log;
  readonly counters: Counters;
  readonly budget: OutboundBudget;
  readonly turns: Turns;
  readonly origins: Origins;
  readonly publish: Publish;
  readonly recent: RecentEvents;
  readonly filters: FilterCache;
  readonly sessions: Sessions;
  readonly journal: Journal;
  readonly post: Post;
  readonly control: ControlMeans;
  readonly questions: QuestionMeans;
  /** What is shown to people and their tools; see observe/pages.ts. */
  readonly page: (path: string) => Promise<Page> | Page | undefined;
}

const API = '/v1/';
const TOPICS = '/v1/topics/';
const DESCRIPTION = '/openapi.json';

interface Resource {
  readonly pattern: Pattern;
  readonly routes: Map<string, Route>;
}

/**
 * Where HTTP requests arrive. Resources are a table (routes/), from which requests are checked, carried out and described;
 * what they do, they do by the same sessions, subscriptions, leases and refusals as the native protocol.
 */
export class HttpDoor {
  readonly #means: HttpDoorMeans;
  readonly #resources: readonly Resource[];
  readonly #callers: Callers;
  readonly #subscriptions: HttpSubscriptions;
  readonly #events: Events;
  readonly #sinks: Sinks;
  readonly #stored: StoredSubscriptions;
  readonly #description: string;

  constructor(means: HttpDoorMeans) {
    this.#means = means;
    const { config, time, turns, control, leases, releaseMsMax, recent, journal, log, post, version } = means;
    const { publishPerSecondMax: perSecond, publishBurst: burst } = config;
    this.#callers = new Callers({ perSecond, burst }, turns, time);
    const stored = new StoredSubscriptions(journal);
    const subscriptions = new HttpSubscriptions({ ...control, ...means, stored });
    const settling = { leases, releaseMsMax };
    const jsonLimits = { depthMax: config.jsonDepthMax, keysMax: config.jsonKeysMax };
    const { recentEventsMax } = config;
    const texts = new EventTexts();
    const events = new Events({
      ...settling,
      counters: means.counters,
      budget: means.budget,
      config,
      time,
      texts,
      filters: means.filters,
      subscriptions,
      recent,
      jsonLimits,
      recentEventsMax,
    });
    const sinks = new Sinks({ ...settling, counters: means.counters, config, time, log, post, subscriptions, stored });
    this.#subscriptions = subscriptions;
    this.#events = events;
    this.#sinks = sinks;
    this.#stored = stored;
    const routes = [
      ...publishRoutes({ ...means, ...control, problem: (error) => this.#problem(error, 'publish') }),
      ...streamRoutes({ subscriptions, events }),
      ...subscriptionRoutes({ ...control, config, subscriptions, events, filters: means.filters, sinks, stored }),
      ...leaseRoutes({ ...settling, subscriptions }),
      ...mailboxRoutes({ ...control, config, subscriptions, events, questions: means.questions }),
      ...questionRoutes(means.questions),
    ];
    this.#resources = resourcesOf(routes);
    this.#description = `${JSON.stringify(describeDoor(routes, version), undefined, 2)}\n`;
  }

  /** Goes on with what is stored. After mailboxes were restored. */
  restore(): void {
    const [subscriptions, sinks] = [this.#subscriptions, this.#sinks];
    this.#stored.restore((name, wish) => {
      const held = subscriptions.make(name, sinks.check(name, wish));
      subscriptions.serve(held, { retained: false });
      sinks.begin(held);
    }, this.#means.log);
  }

  start(): void {
    this.#subscriptions.start();
    this.#events.start();
  }

  /** Ends every stream; no event is sent anywhere any more. */
  stop(): void {
    this.#events.stop();
    this.#subscriptions.stop();
    this.#means.post.close();
  }

  request(request: HttpRequest, reply: HttpReply): void {
    const { path } = request;
    if (path.startsWith(API)) this.#serve(request, reply);
    else if (path === DESCRIPTION)
      this.#show({ status: 200, contentType: 'application/json', body: this.#description }, request, reply);
    else this.#show(this.#means.page(path), request, reply);
  }

  #serve(request: HttpRequest, reply: HttpReply): void {
    const { origins, counters, config } = this.#means;
    const { httpAnswers } = counters;
    // Every answer to a page that may use the broker says that it may read it.
    const cors = corsHeaders(request);
    const send: HttpReply['send'] = ({ headers, ...answer }) => {
      httpAnswers[answer.status < 400 ? '2xx' : answer.status < 500 ? '4xx' : '5xx'] += 1;
      reply.send({ ...answer, headers: { ...headers, ...cors } });
    };
    const refuse = (error: unknown, isPublish = false): void => {
      const problem = this.#problem(error, isPublish ? 'publish' : 'other');
      send(problemAnswer(problem, error instanceof HttpProblem ? error.headers : {}));
    };
    if (!origins.allow(request.headers)) {
      const problem = problemOf({ code: 'origin_refused', message: 'the option originsAllowed says which pages may' });
      reply.send(problemAnswer(problem));
      return;
    }
    let isPublish = false;
    try {
      const { resource, params } = this.#find(request.path);
      if (request.method === 'OPTIONS') {
        const { headers, ...answer } = preflight([...resource.routes.keys()]);
        const agreed = request.path.startsWith(TOPICS) ? agreement(request.headers, config.publishPerSecondMax) : {};
        send({ ...answer, headers: { ...headers, ...agreed } });
        return;
      }
      const route = routeFor(resource, request.method);
      isPublish = route.path.startsWith(TOPICS);
      const call: Call<unknown, unknown> = {
        request,
        params,
        query: checked(route.query, readQuery(request.query), 'query'),
        body: readRequestBody(request, route.body),
        caller: this.#callers.get(request.remote),
        reply: {
          send,
          stream: (head) => reply.stream({ ...head, headers: { ...head.headers, ...cors } }),
          onGone: (then) => reply.onGone(then),
        },
        send,
        json: (status, value, headers) =>
          send({ status, headers: { ...JSON_HEADERS, ...headers }, body: `${JSON.stringify(value)}\n` }),
        refuse: (error) => refuse(error, isPublish),
      };
      route.handle(call);
    } catch (error) {
      refuse(error, isPublish);
    }
  }

  #find(path: string): { resource: Resource; params: { [name: string]: string } } {
    for (const resource of this.#resources) {
      const found = resource.pattern.expression.exec(path);
      if (found === null) continue;
      const entries = resource.pattern.names.map((name, i) => [name, decodedParam(found[i + 1] ?? '')]);
      return { resource, params: Object.fromEntries(entries) };
    }
    throw new HttpProblem('path_unknown', `nothing is at this path; ${DESCRIPTION} says what there is`);
  }

  /** What to tell about an error, counted. */
  #problem(error: unknown, request: 'publish' | 'other'): Problem {
    if (error instanceof HttpProblem) return problemOf(error);
    const { counters, log } = this.#means;
    const refusal = refusalOf(error, log);
    counters[request === 'publish' ? 'eventsRefused' : 'framesRefused'][refusal.code] += 1;
    return problemOf(refusal);
  }

  #show(page: Promise<Page> | Page | undefined, { method }: HttpRequest, reply: HttpReply): void {
    if (page === undefined) {
      reply.send(plainAnswer(404, 'No such page. / says which there are.'));
    } else if (method !== 'GET' && method !== 'HEAD') {
      const { headers, ...refusal } = plainAnswer(405, 'Pages are read with GET or HEAD.');
      reply.send({ ...refusal, headers: { ...headers, Allow: 'GET, HEAD' } });
    } else if (page instanceof Promise) void this.#showWhenMade(page, reply);
    else reply.send(answerOf(page));
  }

  async #showWhenMade(page: Promise<Page>, reply: HttpReply): Promise<void> {
    try {
      reply.send(answerOf(await page));
    } catch (error) {
      this.#means.log.error('a page could not be made', { error });
      reply.send(plainAnswer(500, 'The broker could not make this page; its log says why.'));
    }
  }
}

function answerOf({ status, contentType, body }: Page): HttpAnswer {
  return { status, headers: { 'Content-Type': contentType, 'Cache-Control': 'no-store' }, body };
}

const JSON_HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

function resourcesOf(routes: readonly Route[]): readonly Resource[] {
  const byPath = new Map<string, Resource>();
  for (const route of routes) {
    const resource = byPath.get(route.path) ?? { pattern: patternOf(route.path), routes: new Map() };
    resource.routes.set(route.method, route);
    byPath.set(route.path, resource);
  }
  return [...byPath.values()];
}

function routeFor({ routes }: Resource, method: string): Route {
  const route = routes.get(method === 'HEAD' ? 'GET' : method);
  if (route !== undefined) return route;
  const allowed = [...routes.keys()].join(', ');
  throw new HttpProblem('method_unknown', `this resource has ${allowed}`, { Allow: allowed });
}
