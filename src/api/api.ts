/**
 * Calls the HTTP API: turns a route and its input into a request, and the answer into a value.
 *
 * It owns no socket: it is handed `send`, which the program makes of an HTTP client and a test of
 * a function.
 */
import type { Index } from '../base/brand.ts';
import { FAULTS, Failure, type Fault } from '../base/failure.ts';
import { readJson, writeJson, type Json } from '../base/json.ts';
import { decodeFull, type Codec } from './codec/codec.ts';
import { isIssues, renderIssues } from './codec/issue.ts';
import { NOMAD, type COMMON_QUERY, type Dialect } from './common-query.ts';
import type { CONSUL_COMMON_QUERY } from './consul/common-query.ts';
import { encodeQuery, type QueryFields, type QueryOf } from './query.ts';
import { fillPath, type ParamsOf, type Route, type Takes } from './route.ts';

/** A request as it goes out; `path` holds the query too and is relative to the agent's address. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** An answer as it comes in. Header names are lower case. The body is read at most once. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends one request. Fails: `unavailable` nobody answers there; `canceled` the signal. */
export type Send = (request: WireRequest, signal?: AbortSignal) => Promise<WireResponse>;

/** An open WebSocket: whole text messages in both directions. */
export interface WireSocket {
  readonly messages: AsyncIterable<string>;
  send(text: string): Promise<void>;
  close(): Promise<void>;
}

export type OpenSocket = (
  request: Omit<WireRequest, 'body' | 'method'>,
  signal?: AbortSignal,
) => Promise<WireSocket>;

/** What goes with every call unless the call says otherwise. */
export interface ApiOptions {
  /** Nomad's, unless said otherwise. */
  readonly dialect?: Dialect;
  readonly token?: string;
  readonly namespace?: string;
  /** Of the jobs API. */
  readonly region?: string;
  /** Of the discovery API. */
  readonly datacenter?: string;
  /** Any server may answer; of the discovery API. */
  readonly stale?: boolean;
}

/** The parameters of every endpoint, for one call. What the dialect has not is left out. */
export type CommonQuery = QueryOf<typeof COMMON_QUERY> & QueryOf<typeof CONSUL_COMMON_QUERY>;

type NeedsParams<Path extends string> =
  unknown extends ParamsOf<Path>
    ? { readonly params?: undefined }
    : { readonly params: ParamsOf<Path> };
type NeedsBody<Body> = undefined extends Body ? { readonly body?: Body } : { readonly body: Body };

/** What a call of a route takes. */
export type Input<Path extends string, Query extends QueryFields, Body> = NeedsParams<Path> &
  NeedsBody<Body> & { readonly query?: QueryOf<Query> & CommonQuery };

type Optional<Path extends string, Body> =
  unknown extends ParamsOf<Path> ? (undefined extends Body ? true : false) : false;

type Args<Path extends string, Query extends QueryFields, Body> =
  Optional<Path, Body> extends true
    ? [input?: Input<Path, Query, Body>, signal?: AbortSignal]
    : [input: Input<Path, Query, Body>, signal?: AbortSignal];

/** A value with what its headers said. */
export interface Told<Reply> {
  readonly value: Reply;
  /** For the next blocking query; 0 where the endpoint has none. */
  readonly index: Index;
  /** The same as it was sent: indexes of events have 64 bits. Empty where there is none. */
  readonly exactIndex: string;
  readonly lastContactMs: number;
  readonly knownLeader: boolean;
  /** Where the list goes on; absent at its end. */
  readonly nextToken?: string;
}

/** More than this in one answer is not an answer. A list of 100,000 allocations is some 60 MB. */
const REPLY_BYTES_MAX = 512 * 1024 * 1024;
/** Longest line of a stream. */
const LINE_CHARS_MAX = 64 * 1024 * 1024;

/** The HTTP caller. Failures carry the answer's text as their message and its `status` in facts. */
export class Api {
  readonly #send: Send;
  readonly #open: OpenSocket | undefined;
  readonly #options: ApiOptions;

  constructor(options: ApiOptions, deps: { readonly send: Send; readonly open?: OpenSocket }) {
    this.#options = options;
    this.#send = deps.send;
    this.#open = deps.open;
  }

  /** The same agent with other options. */
  with(options: ApiOptions): Api {
    const open = this.#open === undefined ? {} : { open: this.#open };
    return new Api({ ...this.#options, ...options }, { send: this.#send, ...open });
  }

  /**
   * Calls an endpoint and answers its value.
   *
   * Fails: as the status says (`not_found`, `invalid`, `conflict`, ...); `internal` when the answer
   * is not what the route promises; and as `send` does.
   */
  async call<Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    ...args: Args<Path, Query, Body>
  ): Promise<Reply> {
    return (await this.tell(route, ...args)).value;
  }

  /** Like `call`, with the index and what else the headers say: for blocking and paged reads. */
  async tell<Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    ...[input, signal]: Args<Path, Query, Body>
  ): Promise<Told<Reply>> {
    const response = await this.#request(route, input as AnyInput, signal);
    const text = await readText(response.body);
    const told = {
      value: decodeReply(route, text),
      index: this.#index(response),
      exactIndex: this.#header(response, 'index') ?? '',
      lastContactMs: Number(this.#header(response, 'lastContact') ?? 0),
      knownLeader: this.#header(response, 'knownLeader') !== 'false',
    };
    const nextToken = this.#header(response, 'nextToken');
    return nextToken === undefined || nextToken === '' ? told : { ...told, nextToken };
  }

  /** Streams an endpoint that answers `lines`. Empty values (`{}`, heartbeats) are left out. */
  async *lines<Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    ...[input, signal]: Args<Path, Query, Body>
  ): AsyncGenerator<Reply> {
    const response = await this.#request(route, input as AnyInput, signal);
    for await (const line of splitLines(response.body)) {
      if (line.trim() === '' || line.trim() === '{}') continue;
      yield decodeReply(route, line);
    }
  }

  /** Streams an endpoint that answers `bytes`. */
  async bytes<Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    ...[input, signal]: Args<Path, Query, Body>
  ): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#request(route, input as AnyInput, signal)).body;
  }

  /** Opens an endpoint that answers with a `socket`. Fails: `unsupported` without a way to. */
  async socket<Path extends string, Query extends QueryFields, Body, Reply>(
    route: Route<Path, Query, Body, Reply>,
    ...[input, signal]: Args<Path, Query, Body>
  ): Promise<WireSocket> {
    if (this.#open === undefined) throw new Failure('unsupported', 'cannot open a WebSocket here');
    const { path, headers } = this.#wire(route, input as AnyInput);
    return this.#open({ path, headers }, signal);
  }

  async #request(route: AnyRoute, input: AnyInput, signal?: AbortSignal): Promise<WireResponse> {
    const response = await this.#send(this.#wire(route, input), signal);
    if (response.status < 400) return response;
    const text = (await readText(response.body)).trim();
    const message = text === '' ? `unexpected response code: ${response.status}` : text;
    // Who waits for something to exist goes on from the index of the answer that it does not.
    const facts = { status: response.status, index: this.#index(response) };
    throw new Failure(faultOf(response.status), message, { facts });
  }

  get #dialect(): Dialect {
    return this.#options.dialect ?? NOMAD;
  }

  #header(response: WireResponse, name: keyof Dialect['headers']): string | undefined {
    return response.headers[this.#dialect.headers[name]?.toLowerCase() ?? ''];
  }

  #index(response: WireResponse): Index {
    return Number(this.#header(response, 'index') ?? 0) as Index;
  }

  #wire(route: AnyRoute, input: AnyInput): WireRequest {
    const { namespace, region, datacenter, stale, token } = this.#options;
    const defaults = { namespace, region, datacenter, ...(route.blocking ? { stale } : {}) };
    const fields = { ...route.query, ...this.#dialect.common };
    const query = encodeQuery(fields, { ...defaults, ...defined(input?.query ?? {}) });
    const tokenHeader = this.#dialect.headers.token;
    const headers = token === undefined || token === '' ? {} : { [tokenHeader]: token };
    const path = fillPath(route.path, input?.params ?? {}) + query;
    if (route.takes === 'bytes' && input?.body instanceof Uint8Array) {
      return { method: route.method, path, headers, body: input.body };
    }
    if (route.body === undefined || input?.body === undefined) {
      return { method: route.method, path, headers };
    }
    const body = writeJson(route.body.encode(input.body, 'full'));
    const typed = { ...headers, 'Content-Type': 'application/json' };
    return { method: route.method, path, headers: typed, body };
  }
}

interface AnyRoute {
  readonly method: string;
  readonly path: string;
  readonly query: QueryFields;
  readonly body: Codec<unknown> | undefined;
  readonly takes: Takes;
  readonly blocking: boolean;
}
type AnyInput =
  | {
      readonly params?: Readonly<Record<string, string>> | undefined;
      readonly query?: object;
      readonly body?: unknown;
    }
  | undefined;

/** The fault that a status stands for. */
export function faultOf(status: number): Fault {
  for (const [fault, { http }] of Object.entries(FAULTS)) {
    if (http === status) return fault as Fault;
  }
  return status >= 500 ? 'internal' : 'invalid';
}

function decodeReply<Reply>(
  route: Pick<Route<string, QueryFields, unknown, Reply>, 'reply' | 'path'>,
  text: string,
): Reply {
  if (route.reply === undefined) return undefined as Reply;
  let json: Json;
  try {
    json = readJson(text);
  } catch (cause) {
    throw new Failure('internal', `the answer to ${route.path} is not JSON`, { cause });
  }
  const value = json === null ? nullReply(route.reply) : decodeFull(route.reply, json);
  if (isIssues(value)) {
    const told = renderIssues(value);
    throw new Failure('internal', `the answer to ${route.path} is not as expected: ${told}`);
  }
  return value as Reply;
}

/** Go writes `null` for an empty list or map. */
function nullReply(codec: Codec<unknown>): unknown {
  return codec.zero === undefined ? null : codec.zero();
}

function defined(query: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > REPLY_BYTES_MAX) throw new Failure('exhausted', 'the answer is too large');
    chunks.push(chunk);
  }
  const only = chunks[0];
  if (chunks.length === 1 && only !== undefined) return decoder.decode(only);
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return decoder.decode(all);
}

const NEWLINE = 10;

async function* splitLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held: Uint8Array = new Uint8Array();
  for await (const chunk of body) {
    const bytes = held.length === 0 ? chunk : concat(held, chunk);
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      yield decoder.decode(bytes.subarray(from, at));
      from = at + 1;
    }
    held = bytes.slice(from);
    if (held.length > LINE_CHARS_MAX) throw new Failure('exhausted', 'a line is too long');
  }
  if (held.length > 0) yield decoder.decode(held);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
