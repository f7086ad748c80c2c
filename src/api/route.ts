/** One HTTP endpoint, said once: the server mounts it, `Api` calls it, the docs print it. */
import type { Codec } from './codec/codec.ts';
import type { QueryFields } from './query.ts';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/**
 * How an endpoint answers. `json`: one body. `lines`: one JSON value on each line, as long as both
 * sides like. `bytes`: raw bytes. `socket`: an upgrade to a WebSocket.
 */
export type Answers = 'json' | 'lines' | 'bytes' | 'socket';

/** `json`: the body is of the route's codec. `bytes`: it is whatever was sent. */
export type Takes = 'json' | 'bytes';

/**
 * Names in a path: `/v1/job/:id/plan` has `id`. One after a star is all that is left of the path,
 * slashes included and possibly empty: `/v1/kv/*key` has `key`.
 */
export type ParamsOf<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Readonly<Record<Name, string>> & ParamsOf<`/${Tail}`>
    : Readonly<Record<Rest, string>>
  : Path extends `${string}*${infer Name}`
    ? Readonly<Record<Name, string>>
    : unknown;

export interface Route<
  Path extends string = string,
  Query extends QueryFields = QueryFields,
  Body = unknown,
  Reply = unknown,
> {
  /** Unique and stable: `job.read`. Handlers and compatibility cases are found by it. */
  readonly name: string;
  readonly method: Method;
  /** Further methods that mean the same. */
  readonly also: readonly Method[];
  readonly path: Path;
  /** One line for the documentation. */
  readonly about: string;
  readonly query: Query;
  /** Absent: the request has no body, or one that is ignored. */
  readonly body: Codec<Body> | undefined;
  /** True where the body may be left out. */
  readonly bodyOptional: boolean;
  /** With `bytes`, `body` is absent and the body a `Uint8Array`. */
  readonly takes: Takes;
  /** Of the answer, or of one line of it; absent: the answer is empty, or raw bytes. */
  readonly reply: Codec<Reply> | undefined;
  readonly answers: Answers;
  /** True for reads that `?index=` can hold until something changes. */
  readonly blocking: boolean;
}

type Spec<Path extends string, Query extends QueryFields, Body, Reply> = Readonly<{
  name: string;
  path: Path;
  about: string;
  method?: Method;
  also?: readonly Method[];
  query?: Query;
  body?: Codec<Body>;
  bodyOptional?: boolean;
  takes?: Takes;
  reply?: Codec<Reply>;
  answers?: Answers;
}>;

const NO_QUERY = {} as const;
type NoQuery = typeof NO_QUERY;

/** Describes a read. It blocks unless it is a stream. */
export function read<const Path extends string, Reply, const Query extends QueryFields = NoQuery>(
  spec: Spec<Path, Query, undefined, Reply>,
): Route<Path, Query, undefined, Reply> {
  return { ...complete(spec), blocking: (spec.answers ?? 'json') === 'json' };
}

/** Describes a read that never waits: what the agent knows of itself rather than of the state. */
export function ask<const Path extends string, Reply, const Query extends QueryFields = NoQuery>(
  spec: Spec<Path, Query, undefined, Reply>,
): Route<Path, Query, undefined, Reply> {
  return complete(spec);
}

/** Describes a change: PUT, and POST alike, unless it says otherwise. */
export function write<
  const Path extends string,
  Body = undefined,
  Reply = undefined,
  const Query extends QueryFields = NoQuery,
>(spec: Spec<Path, Query, Body, Reply>): Route<Path, Query, Body, Reply> {
  const method = spec.method ?? 'PUT';
  return complete({ ...spec, method, also: spec.also ?? (method === 'PUT' ? ['POST'] : []) });
}

/**
 * Describes a change with one method only, as all of Consul's are: PUT, unless it says otherwise.
 */
export function change<
  const Path extends string,
  Body = undefined,
  Reply = undefined,
  const Query extends QueryFields = NoQuery,
>(spec: Spec<Path, Query, Body, Reply>): Route<Path, Query, Body, Reply> {
  return complete({ ...spec, method: spec.method ?? 'PUT' });
}

/** Describes a change whose body is bytes of any kind. */
export function upload<const Path extends string, Reply, const Query extends QueryFields = NoQuery>(
  spec: Omit<Spec<Path, Query, Uint8Array, Reply>, 'body' | 'takes'>,
): Route<Path, Query, Uint8Array, Reply> {
  return complete({ ...spec, method: spec.method ?? 'PUT', takes: 'bytes' });
}

function complete<Path extends string, Query extends QueryFields, Body, Reply>(
  spec: Spec<Path, Query, Body, Reply>,
): Route<Path, Query, Body, Reply> {
  return {
    name: spec.name,
    method: spec.method ?? 'GET',
    also: spec.also ?? [],
    path: spec.path,
    about: spec.about,
    query: spec.query ?? (NO_QUERY as Query),
    body: spec.body,
    bodyOptional: spec.bodyOptional ?? false,
    takes: spec.takes ?? 'json',
    reply: spec.reply,
    answers: spec.answers ?? 'json',
    blocking: false,
  };
}

/** Fills the names of a path, escaping what they hold; the slashes of a rest stay as they are. */
export function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/([:*])([A-Za-z]+)/g, (_, sign: string, name: string) => {
    const escaped = encodeURIComponent(params[name] ?? '');
    return sign === '*' ? escaped.replaceAll('%2F', '/') : escaped;
  });
}

/** A route of any kind. */
export type AnyRoute = Pick<
  Route,
  'name' | 'method' | 'also' | 'path' | 'about' | 'bodyOptional' | 'takes' | 'answers' | 'blocking'
> &
  Readonly<{
    query: QueryFields;
    body: Codec<unknown> | undefined;
    reply: Codec<unknown> | undefined;
  }>;
