/**
 * From a route and its handler to a mount: decodes, calls, encodes. The one place that knows how
 * every endpoint behaves: common parameters, index headers, pretty answers, error bodies.
 */
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Json } from '../../base/json.ts';
import { decodeFull, type Codec } from '../../api/codec/codec.ts';
import { isIssues, renderIssues, type Issue } from '../../api/codec/issue.ts';
import { COMMON_QUERY, HEADERS } from '../../api/common-query.ts';
import { decodeQuery, parseQuery, type QueryFields, type QueryOf } from '../../api/query.ts';
import type { AnyRoute, ParamsOf, Route } from '../../api/route.ts';
import { DEFAULT_NAMESPACE, type Namespace } from '../../core/model/ids.ts';
import type { HttpMount, HttpReply, HttpRequest, SocketHandler } from '../../ports/http.ts';
import type { QueryOptions } from '../operations.ts';
import type { Result } from './deps.ts';
import { invalid, textReply } from './fail.ts';

/** A decoded request. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The namespace asked for; `default` unless said otherwise. */
  readonly namespace: Namespace;
  /** The same for lists: absent where all were asked for. */
  readonly listed: Namespace | undefined;
  /** For blocking reads. */
  readonly waiting: QueryOptions;
  /** The index asked for, for streams; absent or 0: none. */
  readonly from: Index | undefined;
  readonly region: string | undefined;
  readonly signal: AbortSignal;
}

/** A route with its handler: what the server mounts. */
export interface Bound {
  readonly route: AnyRoute;
  readonly mounts: readonly HttpMount[];
}

type CallOf<Path extends string, Query extends QueryFields, Body> = Call<
  ParamsOf<Path>,
  QueryOf<Query>,
  Body
>;

/** Binds a handler that answers one value. */
export function bind<Path extends string, Query extends QueryFields, Body, Reply>(
  route: Route<Path, Query, Body, Reply>,
  handle: (call: CallOf<Path, Query, Body>) => Promise<Result<Reply>>,
): Bound {
  return bound(route, async (request) => {
    const call = await decodeCall(route, request);
    const result = await handle(call as CallOf<Path, Query, Body>);
    return jsonReply(route.reply, result, isPretty(request));
  });
}

/** Binds a handler that answers with a reply of its own making: streams, bytes, text. */
export function bindRaw<Path extends string, Query extends QueryFields, Body, Reply>(
  route: Route<Path, Query, Body, Reply>,
  handle: (call: CallOf<Path, Query, Body>) => Promise<HttpReply>,
): Bound {
  return bound(route, async (request) => {
    const call = await decodeCall(route, request);
    return handle(call as CallOf<Path, Query, Body>);
  });
}

/** Binds a handler that answers with a WebSocket. */
export function bindSocket<Path extends string, Query extends QueryFields, Body, Reply>(
  route: Route<Path, Query, Body, Reply>,
  agree: (call: CallOf<Path, Query, Body>) => Promise<SocketHandler>,
): Bound {
  const upgrade = async (request: HttpRequest): Promise<SocketHandler> =>
    agree((await decodeCall(route, request)) as CallOf<Path, Query, Body>);
  const handle = (): Promise<HttpReply> =>
    Promise.resolve(textReply(400, 'websocket: the client is not using the websocket protocol'));
  return { route, mounts: [{ method: route.method, path: route.path, handle, upgrade }] };
}

function bound(route: AnyRoute, handle: HttpMount['handle']): Bound {
  const methods = [route.method, ...route.also];
  return { route, mounts: methods.map((method) => ({ method, path: route.path, handle })) };
}

/** Reads everything a request says, or fails with all that is wrong with it. */
async function decodeCall(
  route: AnyRoute,
  request: HttpRequest,
): Promise<Call<unknown, unknown, unknown>> {
  const raw = parseQuery(request.query);
  const common = orRefuse(decodeQuery(COMMON_QUERY, raw));
  const query = orRefuse(decodeQuery(route.query, raw));
  const body = await decodeBody(route, request);
  const namespace =
    common.namespace === undefined || common.namespace === '' ? undefined : common.namespace;
  return {
    params: request.params,
    query,
    body,
    namespace: (namespace ?? DEFAULT_NAMESPACE) as Namespace,
    listed: namespace === '*' ? undefined : ((namespace ?? DEFAULT_NAMESPACE) as Namespace),
    waiting: waitingOf(route, common),
    from: common.index as Index | undefined,
    region: common.region,
    signal: request.signal,
  };
}

function waitingOf(route: AnyRoute, common: QueryOf<typeof COMMON_QUERY>): QueryOptions {
  const consistency =
    common.stale === true ? 'stale' : common.consistent === true ? 'consistent' : undefined;
  return {
    ...(route.blocking && common.index !== undefined && common.index > 0
      ? { after: common.index as Index }
      : {}),
    ...(common.waitMs === undefined || common.waitMs <= 0 ? {} : { waitMs: common.waitMs }),
    ...(consistency === undefined ? {} : { consistency }),
  };
}

async function decodeBody(route: AnyRoute, request: HttpRequest): Promise<unknown> {
  if (route.body === undefined) return undefined;
  const bytes = await request.body();
  if (bytes.length === 0) {
    if (route.bodyOptional) return orRefuse(decodeFull(route.body, {}));
    throw invalid('request body is empty');
  }
  let json: Json;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
  } catch (cause) {
    throw new Failure('invalid', 'request body is not JSON', { cause });
  }
  return orRefuse(decodeFull(route.body, json));
}

function orRefuse<T>(decoded: T | readonly Issue[]): T {
  if (isIssues(decoded)) throw invalid(renderIssues(decoded));
  return decoded;
}

function isPretty(request: HttpRequest): boolean {
  return /(?:^|&)pretty(?:=|&|$)/.test(request.query) && !/(?:^|&)pretty=false/.test(request.query);
}

function jsonReply(
  codec: Codec<unknown> | undefined,
  result: Result<unknown>,
  pretty: boolean,
): HttpReply {
  const headers: Record<string, string> = { ...indexHeaders(result) };
  const status = result.status ?? 200;
  if (codec === undefined) return { status, headers, body: '' };
  const json = codec.encode(result.value, 'full');
  headers['Content-Type'] = 'application/json';
  return {
    status,
    headers,
    body: pretty ? `${JSON.stringify(json, null, 4)}\n` : JSON.stringify(json),
  };
}

function indexHeaders(result: Result<unknown>): Readonly<Record<string, string>> {
  if (result.index === undefined) return {};
  const headers = {
    [HEADERS.index]: String(result.index),
    [HEADERS.lastContact]: String(Math.round(result.lastContactMs ?? 0)),
    [HEADERS.knownLeader]: String(result.knownLeader ?? true),
  };
  const token = result.nextToken;
  return token === undefined ? headers : { ...headers, [HEADERS.nextToken]: token };
}
