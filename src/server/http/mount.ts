/**
 * From a route and its handler to a mount: decodes, calls, encodes. The one place that knows how
 * every endpoint behaves; what one API does otherwise than the other stands in its manners.
 */
import { decodeFull, type Codec } from '../../api/codec/codec.ts';
import { isIssues, renderIssues, type Issue } from '../../api/codec/issue.ts';
import { decodeQuery, parseQuery, type QueryFields, type QueryOf } from '../../api/query.ts';
import type { AnyRoute, ParamsOf, Route } from '../../api/route.ts';
import { readJson, writeJson, type Json } from '../../base/json.ts';
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
    handle: (call: CallOf<Path, Query, Body> & Common) => Promise<Result<Reply>>,
  ) => Bound;
  /** Binds a handler that answers with a reply of its own making: streams, bytes, text. */
  readonly bindRaw: <Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    handle: (call: CallOf<Path, Query, Body> & Common) => Promise<HttpReply>,
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
      bound(route, async (request) => {
        const call = await decodeCall(manners, route, request);
        const result = await handle(call as Parameters<typeof handle>[0]);
        const headers = manners.headers(result, call);
        return jsonReply(route.reply, result, headers, isPretty(request));
      }),

    bindRaw: (route, handle) =>
      bound(route, async (request) => {
        const call = await decodeCall(manners, route, request);
        return handle(call as Parameters<typeof handle>[0]);
      }),

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
async function decodeCall<Common extends object>(
  manners: Manners<Common>,
  route: AnyRoute,
  request: HttpRequest,
): Promise<Call<unknown, unknown, unknown> & Common> {
  const raw = parseQuery(request.query);
  const common = manners.common(route, request, raw);
  const query = decodeQuery(route.query, raw);
  if (isIssues(query)) throw invalid(renderIssues(query));
  const body = await decodeBody(manners, route, request);
  return { ...common, params: request.params, query, body, signal: request.signal };
}

async function decodeBody(
  manners: Pick<Manners<object>, 'badBody'>,
  route: AnyRoute,
  request: HttpRequest,
): Promise<unknown> {
  if (route.takes === 'bytes') return request.body();
  if (route.body === undefined) return undefined;
  const bytes = await request.body();
  if (bytes.length === 0) {
    if (!route.bodyOptional) throw manners.badBody('request body is empty');
    return orRefuse(manners, decodeFull(route.body, {}));
  }
  let json: Json;
  try {
    json = readJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw manners.badBody('request body is not JSON', cause);
  }
  return orRefuse(manners, decodeFull(route.body, json));
}

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
