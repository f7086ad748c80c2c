/**
 * Keys and values.
 *
 * Requests without parameters, the most by far, take a short way that reads no query; it gives the
 * same answers as the long one.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/kv
 */
import * as routes from '../../../api/consul/kv-routes.ts';
import { KV_PAIR } from '../../../api/consul/kv-codec.ts';
import { parseQuery } from '../../../api/query.ts';
import type { Index, Millis } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import { writeJson } from '../../../base/json.ts';
import { soon, type Soon } from '../../../base/soon.ts';
import type { KvPair } from '../../../core/model/kv.ts';
import { NO_FLAGS } from '../../../core/model/kv.ts';
import type { SessionId } from '../../../core/model/session.ts';
import type { KvWrite } from '../../../core/state/discovery-entry.ts';
import { readKvKeys, readKvPair, readKvTree } from '../../../core/state/reads-kv.ts';
import type { BodyBound, HttpMount, HttpReply, HttpRequest } from '../../../ports/http.ts';
import type { Answer } from '../../operations.ts';
import { toldOf } from '../deps.ts';
import { invalid, textReply } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { bindRaw, toldHeaders, type ConsulCommon } from './bind.ts';
import { DEFAULT_COORDINATION_LIMITS } from './coordination-limits.ts';
import type { ConsulDeps } from './deps.ts';
import { checkKey, checkPrefix } from './kv-key.ts';
import { pairsJson } from './kv-json.ts';
import { withBodyBound } from './small-body.ts';

/** Binds what concerns keys. */
export function kvHandlers(deps: ConsulDeps): readonly Bound[] {
  const bound = valueBound(deps);
  return [
    shortcut(readHandler(deps), (request) => readOne(deps, request)),
    shortcut(writeHandler(deps, bound), (request) => setOne(deps, request, bound)),
    deleteHandler(deps),
  ];
}

/** Lets requests without a query take the short way. */
function shortcut(bound: Bound, short: HttpMount['handle']): Bound {
  const mounts = bound.mounts.map((mount) => ({
    ...mount,
    handle: (request: HttpRequest) =>
      request.query === '' ? short(request) : mount.handle(request),
  }));
  return { route: bound.route, mounts };
}

// Reading

type ReadQuery = Readonly<{
  recurse?: boolean | undefined;
  keys?: boolean | undefined;
  separator?: string | undefined;
  raw?: boolean | undefined;
}>;

function readOne({ ops }: ConsulDeps, request: HttpRequest): Soon<HttpReply> {
  const key = checkKey(request.params['key'] ?? '');
  return soon(ops.query(readKvPair(key), PRESENT, NEVER), pairReply);
}

function pairReply(answer: Answer<KvPair | undefined>): HttpReply {
  const { value } = answer;
  const headers = toldHeaders(answer, 'default');
  if (value === undefined) return { status: 404, headers, body: '' };
  return { status: 200, headers: { ...headers, ...JSON_TYPE }, body: pairsJson([value]) };
}

const PRESENT = {} as const;
/** Of what waits for nothing. */
const NEVER = new AbortController().signal;
const JSON_TYPE = { 'Content-Type': 'application/json' } as const;

function readHandler({ ops }: ConsulDeps): Bound {
  return bindRaw(routes.readKv, async ({ params, query, waiting, request, signal }) => {
    if (query.keys === true) {
      const prefix = checkPrefix(params.key);
      const answer = await ops.query(readKvKeys(prefix, query.separator ?? ''), waiting, signal);
      return keysReply(answer, { isAll: prefix === '', waiting, request });
    }
    const answer =
      query.recurse === true
        ? await ops.query(readKvTree(checkPrefix(params.key)), waiting, signal)
        : listed(await ops.query(readKvPair(checkKey(params.key)), waiting, signal));
    return pairsReply(answer, query, { waiting, request });
  });
}

type Asked = Pick<ConsulCommon, 'waiting' | 'request'>;

function listed(answer: Answer<KvPair | undefined>): Answer<readonly KvPair[]> {
  return { ...answer, value: answer.value === undefined ? [] : [answer.value] };
}

/** Nothing under a prefix is not found; nothing at all is an empty store. */
function keysReply(
  answer: Answer<readonly string[]>,
  { isAll, waiting, request }: Asked & { readonly isAll: boolean },
): HttpReply {
  const headers = toldHeaders(toldOf(answer), waiting.consistency);
  if (answer.value.length === 0 && !isAll) return { status: 404, headers, body: '' };
  const body = isPretty(request) ? `${writeJson(answer.value, 4)}\n` : writeJson(answer.value);
  return { status: 200, headers: { ...headers, ...JSON_TYPE }, body };
}

function pairsReply(
  answer: Answer<readonly KvPair[]>,
  query: ReadQuery,
  { waiting, request }: Asked,
): HttpReply {
  const headers = toldHeaders(toldOf(answer), waiting.consistency);
  const [only] = answer.value;
  if (only === undefined) return { status: 404, headers, body: '' };
  if (query.raw === true && answer.value.length === 1) return rawReply(only, headers);
  const body = isPretty(request)
    ? `${writeJson(
        answer.value.map((pair) => KV_PAIR.encode(pair, 'full')),
        4,
      )}\n`
    : pairsJson(answer.value);
  return { status: 200, headers: { ...headers, ...JSON_TYPE }, body };
}

/** The bytes may be anything, and are not to be taken for a page. */
function rawReply(pair: KvPair, headers: HttpReply['headers']): HttpReply {
  return {
    status: 200,
    headers: {
      ...headers,
      'Content-Type': 'application/octet-stream',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': 'sandbox',
    },
    body: Buffer.from(pair.value, 'base64'),
  };
}

function isPretty({ query }: HttpRequest): boolean {
  const pretty = parseQuery(query).get('pretty');
  return pretty !== undefined && pretty !== 'false';
}

// Writing

const TRUE: HttpReply = { status: 200, headers: JSON_TYPE, body: 'true' };
const FALSE: HttpReply = { status: 200, headers: JSON_TYPE, body: 'false' };

async function setOne(
  { ops }: ConsulDeps,
  request: HttpRequest,
  bound: BodyBound,
): Promise<HttpReply> {
  const key = checkKey(request.params['key'] ?? '');
  const value = base64Of(await request.body(bound));
  const { ok } = await ops.kv.write({ verb: 'set', key, value, flags: NO_FLAGS });
  return ok ? TRUE : FALSE;
}

/** Without copying the bytes. */
function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

function writeHandler({ ops, clock }: ConsulDeps, bodyBound: BodyBound): Bound {
  const bound = bindRaw(routes.writeKv, async ({ params, query, body, request }) => {
    const key = checkKey(params.key);
    const clash = conflicting(request, ['cas', 'acquire', 'release']);
    if (clash !== undefined) return clash;
    const { ttlMs } = query;
    if (ttlMs !== undefined && ttlMs <= 0) throw invalid('?ttl: expected more than nothing');
    const put = {
      key,
      value: base64Of(body),
      flags: query.flags ?? NO_FLAGS,
      ...(ttlMs !== undefined && { expiresAt: (clock.now() + ttlMs) as Millis }),
    };
    return tell(ops.kv.write(asked(put, query)));
  });
  return {
    route: bound.route,
    mounts: bound.mounts.map((mount) => withBodyBound(mount, bodyBound)),
  };
}

type Put = Omit<Extract<KvWrite, { verb: 'set' }>, 'verb'>;

type WriteQuery = Readonly<{
  cas?: number | undefined;
  acquire?: string | undefined;
  release?: string | undefined;
}>;

/** What kind of write it is; at most one of the three was given. */
function asked(put: Put, { cas, acquire, release }: WriteQuery): KvWrite {
  if (cas !== undefined) return { verb: 'cas', ...put, index: cas as Index };
  if (acquire !== undefined) return { verb: 'lock', ...put, session: acquire as SessionId };
  if (release !== undefined) return { verb: 'unlock', ...put, session: release as SessionId };
  return { verb: 'set', ...put };
}

/** Refuses a value that is too large before it is read. */
function valueBound({ limits = DEFAULT_COORDINATION_LIMITS }: ConsulDeps): BodyBound {
  const max = limits.kvValueMaxBytes;
  const what = `max size: ${max} bytes. See limits.kv_max_value_size.`;
  return {
    max,
    tooLarge: (size) =>
      new Failure('exhausted', `Request body(${size} bytes) too large, ${what}`, {
        facts: { status: 413 },
      }),
  };
}

function deleteHandler({ ops }: ConsulDeps): Bound {
  return bindRaw(routes.deleteKv, async ({ params, query, request }) => {
    const clash = conflicting(request, ['recurse', 'cas']);
    if (clash !== undefined) return clash;
    if (query.recurse === true) {
      return tell(ops.kv.write({ verb: 'delete-tree', key: checkPrefix(params.key) }));
    }
    const key = checkKey(params.key);
    if (query.cas === undefined) return tell(ops.kv.write({ verb: 'delete', key }));
    return tell(ops.kv.write({ verb: 'delete-cas', key, index: query.cas as Index }));
  });
}

async function tell(done: Promise<{ readonly ok: boolean }>): Promise<HttpReply> {
  return (await done).ok ? TRUE : FALSE;
}

/** The refusal of parameters of which only one can be meant. */
function conflicting(request: HttpRequest, names: readonly string[]): HttpReply | undefined {
  const raw = parseQuery(request.query);
  if (names.filter((name) => raw.has(name)).length < 2) return undefined;
  const given = [...raw].sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = given.map((pair) => pair.map(encodeURIComponent).join('='));
  return textReply(400, `Conflicting flags: ${shown.join('&')}`);
}
