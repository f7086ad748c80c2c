/**
 * From a route and its handler to a mount: decodes, calls, encodes. The one place that knows how
 * every endpoint behaves; what one API does otherwise than the other stands in its manners.
 */
import { decodeFull, type Codec } from '../../api/codec/codec.ts';
import { isIssues, renderIssues, type Issue } from '../../api/codec/issue.ts';
import { decodeQuery, parseQuery, type QueryFields, type QueryOf } from '../../api/query.ts';
import type { AnyRoute, ParamsOf, Route } from '../../api/route.ts';
import { readJson, writeJson, type Json } from '../../base/json.ts';
import { soon, type Soon } from '../../base/soon.ts';
import type { HttpMount, HttpReply, HttpRequest, SocketHandler } from '../../ports/http.ts';
import type { Result } from './deps.ts';
import { invalid, textReply } from './fail.ts';
import type { Manners } from './manners.ts';
import { NOMAD_MANNERS, type NomadCommon } from './nomad-manners.ts';

/** A decoded request. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
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

/** Binds handlers to the routes of one API. */
export interface Binder<Common extends object> {
  /** Binds a handler that answers one value. */
  readonly bind: <Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    handle: (call: CallOf<Path, Query, Body> & Common) => Soon<Result<Reply>>,
  ) => Bound;
  /** Binds a handler that answers with a reply of its own making: streams, bytes, text. */
  readonly bindRaw: <Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    handle: (call: CallOf<Path, Query, Body> & Common) => Soon<HttpReply>,
  ) => Bound;
  /** Binds a handler that answers with a WebSocket. */
  readonly bindSocket: <Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    agree: (call: CallOf<Path, Query, Body> & Common) => Promise<SocketHandler>,
  ) => Bound;
}

/** Makes the binder of an API. */
export function binder<Common extends object>(manners: Manners<Common>): Binder<Common> {
  return {
    bind: (route, handle) =>
      bound(route, (request) =>
        soon(decodeCall(manners, route, request), (call) =>
          soon(handle(call as Parameters<typeof handle>[0]), (result) => {
            const headers = manners.headers(result, call);
            return jsonReply(route.reply, result, headers, isPretty(request));
          }),
        ),
      ),

    bindRaw: (route, handle) =>
      bound(route, (request) =>
        soon(decodeCall(manners, route, request), (call) =>
          handle(call as Parameters<typeof handle>[0]),
        ),
      ),

    bindSocket: (route, agree) => {
      const upgrade = async (request: HttpRequest): Promise<SocketHandler> =>
        agree((await decodeCall(manners, route, request)) as Parameters<typeof agree>[0]);
      const handle = (): Promise<HttpReply> => Promise.resolve(textReply(400, NO_SOCKET));
      return { route, mounts: [{ method: route.method, path: route.path, handle, upgrade }] };
    },
  };
}

const NO_SOCKET = 'websocket: the client is not using the websocket protocol';

/** Those of the jobs API. */
export const { bind, bindRaw, bindSocket }: Binder<NomadCommon> = binder(NOMAD_MANNERS);

function bound(route: AnyRoute, handle: HttpMount['handle']): Bound {
  const methods = [route.method, ...route.also];
  return { route, mounts: methods.map((method) => ({ method, path: route.path, handle })) };
}

/** Reads everything a request says, or fails with all that is wrong with it. */
function decodeCall<Common extends object>(
  manners: Manners<Common>,
  route: AnyRoute,
  request: HttpRequest,
): Soon<Call<unknown, unknown, unknown> & Common> {
  const raw = parseQuery(request.query);
  const common = manners.common(route, request, raw);
  const query = decodeQuery(route.query, raw);
  if (isIssues(query)) throw invalid(renderIssues(query));
  return soon(decodeBody(manners, route, request), (body) => ({
    ...common,
    params: request.params,
    query,
    body,
    // Read by those who wait: a request that is watched costs more.
    get signal() {
      return request.signal;
    },
  }));
}

function decodeBody(
  manners: Pick<Manners<object>, 'badBody'>,
  route: AnyRoute,
  request: HttpRequest,
): Soon<unknown> {
  if (route.takes === 'bytes') return request.body();
  const codec = route.body;
  if (codec === undefined) return undefined;
  return request.body().then((bytes) => {
    if (bytes.length > 0) return orRefuse(manners, decodeFull(codec, jsonOf(manners, bytes)));
    if (!route.bodyOptional) throw manners.badBody('request body is empty');
    return orRefuse(manners, decodeFull(codec, {}));
  });
}

function jsonOf(manners: Pick<Manners<object>, 'badBody'>, bytes: Uint8Array): Json {
  try {
    return readJson(utf8.decode(bytes));
  } catch (cause) {
    throw manners.badBody('request body is not JSON', cause);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function orRefuse<T>(manners: Pick<Manners<object>, 'badBody'>, decoded: T | readonly Issue[]): T {
  if (isIssues(decoded)) throw manners.badBody(renderIssues(decoded));
  return decoded;
}

function isPretty(request: HttpRequest): boolean {
  return /(?:^|&)pretty(?:=|&|$)/.test(request.query) && !/(?:^|&)pretty=false/.test(request.query);
}

function jsonReply(
  codec: Codec<unknown> | undefined,
  result: Result<unknown>,
  told: Readonly<Record<string, string>>,
  pretty: boolean,
): HttpReply {
  const status = result.status ?? 200;
  if (codec === undefined) return { status, headers: told, body: '' };
  const headers = { ...told, 'Content-Type': 'application/json' };
  if (result.json !== undefined && !pretty) return { status, headers, body: result.json() };
  const json = codec.encode(result.value, 'full');
  return { status, headers, body: pretty ? `${writeJson(json, 4)}\n` : writeJson(json) };
}
