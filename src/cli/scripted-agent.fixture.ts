/**
 * An agent that answers from a script, through the real codecs: what a command decodes was encoded
 * by the same routes that a server mounts.
 */
import assert from 'node:assert/strict';
import type { Send, WireRequest, WireResponse } from '../api/api.ts';
import { decodeFull } from '../api/codec/codec.ts';
import { COMMON_QUERY } from '../api/common-query.ts';
import { CONSUL_COMMON_QUERY } from '../api/consul/common-query.ts';
import { decodeQuery, parseQuery, type QueryFields, type QueryOf } from '../api/query.ts';
import type { Route } from '../api/route.ts';
import { FAULTS, Failure } from '../base/failure.ts';
import { readJson, writeJson } from '../base/json.ts';

/** A call as a handler sees it. */
export interface Call<Query extends QueryFields, Body> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: QueryOf<Query & typeof COMMON_QUERY>;
  readonly body: Body;
  /** How often this route was called before. */
  readonly times: number;
}

interface Mounted {
  readonly route: Route;
  readonly handle: (call: Call<QueryFields, unknown>) => unknown;
  times: number;
}

const NEWLINE = '\n';

export class ScriptedAgent {
  readonly #mounted: Mounted[] = [];
  /** `GET /v1/jobs?prefix=web`, in the order of the calls. */
  readonly requests: string[] = [];

  /** Answers a route with a value, or a function of the call; a thrown Failure is its status. */
  on<Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    answer: Reply | ((call: Call<Query, Body>) => Reply),
  ): this {
    const handle = typeof answer === 'function' ? answer : (): Reply => answer;
    const known = this.#mounted.findIndex((one) => one.route.name === route.name);
    if (known >= 0) this.#mounted.splice(known, 1);
    this.#mounted.push({ route: route, handle: handle as never, times: 0 });
    return this;
  }

  /** Answers a route with one value after the other; the last one again and again. */
  inTurn<Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    answers: readonly Reply[],
  ): this {
    const last = answers.length - 1;
    return this.on(
      route,
      ({ times }: Call<Query, Body>) => answers[Math.min(times, last)] as Reply,
    );
  }

  readonly send: Send = (request) => Promise.resolve(this.#answer(request));

  #answer(request: WireRequest): WireResponse {
    this.requests.push(`${request.method} ${request.path}`);
    const [path = '', query = ''] = request.path.split('?');
    for (const mounted of this.#mounted) {
      const params = matchPath(mounted.route.path, path);
      if (params === undefined || mounted.route.method !== request.method) continue;
      return this.#handle(mounted, params, query, request.body);
    }
    return respond(404, `nothing is scripted for ${request.method} ${path}`, 0);
  }

  #handle(
    mounted: Mounted,
    params: Readonly<Record<string, string>>,
    query: string,
    body: string | Uint8Array | undefined,
  ): WireResponse {
    const { route } = mounted;
    const common = { ...COMMON_QUERY, ...CONSUL_COMMON_QUERY };
    const decoded = decodeQuery({ ...route.query, ...common }, parseQuery(query));
    assert.ok(!Array.isArray(decoded), `the query of ${route.name} is right`);
    const call = {
      params,
      query: decoded as QueryOf<QueryFields & typeof COMMON_QUERY>,
      body: decodeBody(route, body),
      times: mounted.times++,
    };
    try {
      return respond(200, encode(route, mounted.handle(call)), mounted.times);
    } catch (error) {
      if (error instanceof Failure) return respond(FAULTS[error.fault].http, error.message, 0);
      throw error;
    }
  }
}

function decodeBody(route: Route, body: string | Uint8Array | undefined): unknown {
  if (typeof body !== 'string') return body;
  return route.body === undefined ? undefined : decodeFull(route.body, readJson(body));
}

function encode(route: Route, value: unknown): string | Uint8Array {
  if (route.answers === 'bytes') return value as string | Uint8Array;
  if (route.reply === undefined) return '';
  const { reply } = route;
  if (route.answers !== 'lines') return writeJson(reply.encode(value, 'full'));
  return (value as readonly unknown[])
    .map((one) => writeJson(reply.encode(one, 'full')))
    .join(NEWLINE);
}

function respond(status: number, body: string | Uint8Array, index: number): WireResponse {
  return {
    status,
    headers: {
      'x-nomad-index': String(index),
      'x-nomad-knownleader': 'true',
      'x-consul-index': String(index),
    },
    body: (async function* () {
      await Promise.resolve();
      yield typeof body === 'string' ? new TextEncoder().encode(body) : body;
    })(),
  };
}

function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const names = [...pattern.matchAll(/[:*]([A-Za-z]+)/g)].map((match) => match[1] ?? '');
  const places = pattern.replace(/:[A-Za-z]+/g, '([^/]+)').replace(/\*[A-Za-z]+/g, '(.*)');
  const match = new RegExp(`^${places}$`).exec(path);
  if (match === null) return undefined;
  return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? '')]));
}
