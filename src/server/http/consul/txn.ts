/** Transactions. Source: https://developer.hashicorp.com/consul/api-docs/txn */
import type {
  CheckOpBody,
  KvOpBody,
  NodeOpBody,
  ServiceOpBody,
  SessionOpBody,
  TxnAnswer,
  TxnOpBody,
  TxnResult as WireResult,
} from '../../../api/consul/txn-codec.ts';
import * as routes from '../../../api/consul/txn-routes.ts';
import type { Index } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import { TXN_OPS_MAX } from '../../../core/limits.ts';
import { DEFAULT_WEIGHTS } from '../../../core/model/catalog.ts';
import type { HealthStatus } from '../../../core/model/health-check.ts';
import type { SessionId } from '../../../core/model/session.ts';
import type { KvCheck, KvWrite, RowVerb, TxnOp } from '../../../core/state/discovery-entry.ts';
import type { TxnResult } from '../../../core/state/outcome.ts';
import type { AskedAgent, BodyBound } from '../../../ports/http.ts';
import type { TxnReply } from '../../kv-operations.ts';
import { invalid } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { askedAgentOf } from './asked-agent.ts';
import { bind } from './bind.ts';
import { DEFAULT_COORDINATION_LIMITS } from './coordination-limits.ts';
import type { ConsulDeps } from './deps.ts';
import { checkKey, checkPrefix } from './kv-key.ts';
import { withBodyBound } from './small-body.ts';

/** Binds the transaction. */
export function txnHandlers(deps: ConsulDeps): readonly Bound[] {
  const bound = bind(routes.applyTxn, async ({ body, asked }) => {
    if (body.length > TXN_OPS_MAX) {
      const why = `Transaction contains too many operations (${body.length} > ${TXN_OPS_MAX})`;
      throw tooLarge(why);
    }
    const own = askedAgentOf(deps, asked);
    const ops = body.map((op, i) => operation({ ...deps, own }, op, `[${i}]`));
    const reply = await deps.ops.kv.txn(ops);
    return { value: answered(reply), ...(reply.failures.length > 0 && { status: 409 }) };
  });
  const bounds = bodyBound(deps);
  const mounts = bound.mounts.map((mount) => withBodyBound(mount, bounds));
  return [{ route: bound.route, mounts }];
}

/** Refuses a body that is too large before it is read. */
function bodyBound({ limits = DEFAULT_COORDINATION_LIMITS }: ConsulDeps): BodyBound {
  const max = Math.max(limits.txnMaxBytes, limits.kvValueMaxBytes);
  const what = `max size: ${max} bytes. See limits.txn_max_req_len.`;
  return { max, tooLarge: (size) => tooLarge(`Request body(${size} bytes) too large, ${what}`) };
}

function tooLarge(why: string): Failure {
  return new Failure('exhausted', why, { facts: { status: 413 } });
}

function answered({ results, failures }: TxnReply): TxnAnswer {
  return {
    results: results.map(resultOf),
    errors: failures.map(({ op, message }) => ({ opIndex: op, what: message })),
  };
}

function resultOf(result: TxnResult): WireResult {
  switch (result.of) {
    case 'kv':
      return { kv: result.withValue ? result.pair : { ...result.pair, value: '' } };
    case 'node':
      return { node: result.node };
    case 'service':
      return { service: result.service };
    case 'check':
      return { check: result.check };
  }
}

interface TxnDeps extends Pick<ConsulDeps, 'limits'> {
  /** The agent that was asked. */
  readonly own: AskedAgent;
}

/** An operation as the state knows it. Fails: `invalid` with its path. */
function operation(deps: TxnDeps, body: TxnOpBody, path: string): TxnOp {
  const { kv, node, service, check, session } = body;
  if (kv !== undefined) return kvOperation(deps, kv, `${path}.KV`);
  if (node !== undefined) return nodeOperation(deps, node, `${path}.Node`);
  if (service !== undefined) return serviceOperation(service, `${path}.Service`);
  if (check !== undefined) return checkOperation(deps, check, `${path}.Check`);
  if (session !== undefined) return sessionOperation(session, `${path}.Session`);
  throw invalid(`${path}: expected one of KV, Node, Service, Check, Session`);
}

function kvOperation(deps: TxnDeps, body: KvOpBody, path: string): TxnOp {
  const { verb, value, flags, index } = body;
  const { kvValueMaxBytes } = deps.limits ?? DEFAULT_COORDINATION_LIMITS;
  const isTree = verb === 'get-tree' || verb === 'delete-tree';
  const key = (isTree ? checkPrefix : checkKey)(body.key, `${path}.Key`);
  const size = Buffer.byteLength(value, 'base64');
  if (size > kvValueMaxBytes) {
    const name = JSON.stringify(key);
    throw tooLarge(`Value for key ${name} is too large (${size} > ${kvValueMaxBytes} bytes)`);
  }
  const session = body.session as SessionId;
  const op = kvWrite(verb, { key, value, flags, index, session }) ?? kvCheck(verb, key, body);
  if (op !== undefined) return { of: 'kv', op };
  throw invalid(`${path}.Verb: unknown KV operation ${JSON.stringify(verb)}`);
}

type Written = Pick<KvOpBody, 'key' | 'value' | 'flags' | 'index'> & {
  readonly session: SessionId;
};

function kvWrite(verb: string, written: Written): KvWrite | undefined {
  const { index, session, ...put } = written;
  switch (verb) {
    case 'set':
      return { verb, ...put };
    case 'cas':
      return { verb, ...put, index };
    case 'lock':
    case 'unlock':
      return { verb, ...put, session };
    case 'delete':
    case 'delete-tree':
      return { verb, key: put.key };
    case 'delete-cas':
      return { verb, key: put.key, index };
    default:
      return undefined;
  }
}

function kvCheck(verb: string, key: string, { index, session }: KvOpBody): KvCheck | undefined {
  switch (verb) {
    case 'get':
    case 'get-or-empty':
    case 'get-tree':
    case 'check-not-exists':
      return { verb, key };
    case 'check-index':
      return { verb, key, index };
    case 'check-session':
      return { verb, key, session: session as SessionId };
    default:
      return undefined;
  }
}

function nodeOperation({ own }: TxnDeps, { verb, node }: NodeOpBody, path: string): TxnOp {
  const { name, id, address, taggedAddresses, meta, modifyIndex } = node;
  const datacenter = node.datacenter === '' ? own.datacenter : node.datacenter;
  if (name === '') throw invalid(`${path}.Node.Node: a name is needed`);
  const facts = { name, id, address, datacenter, taggedAddresses, meta };
  return { of: 'node', verb: rowVerb(verb, path), node: facts, index: modifyIndex };
}

function serviceOperation({ verb, node, service }: ServiceOpBody, path: string): TxnOp {
  const { modifyIndex, weights = DEFAULT_WEIGHTS, ...rest } = service;
  const id = rest.id === '' ? rest.name : rest.id;
  if (id === '') throw invalid(`${path}.Service.ID: an id, or a name, is needed`);
  const facts = { ...rest, id, weights };
  return {
    of: 'service',
    verb: rowVerb(verb, path),
    node,
    service: facts,
    index: asIndex(modifyIndex),
  };
}

function checkOperation({ own }: TxnDeps, { verb, check }: CheckOpBody, path: string): TxnOp {
  const { node, modifyIndex, name, status, notes, output, serviceId, type, definition } = check;
  const id = check.id === '' ? name : check.id;
  if (id === '') throw invalid(`${path}.Check.CheckID: an id, or a name, is needed`);
  const { interval, timeout } = check;
  const facts = { id, name, notes, output, serviceId, type, definition, interval, timeout };
  return {
    of: 'check',
    verb: rowVerb(verb, path),
    node: node === '' ? own.node : node,
    check: { ...facts, status: statusOf(status, path) },
    index: asIndex(modifyIndex),
  };
}

function statusOf(status: string, path: string): HealthStatus {
  if (status === '') return 'critical';
  if (status === 'passing' || status === 'warning' || status === 'critical') return status;
  throw invalid(`${path}.Check.Status: expected passing, warning or critical, got "${status}"`);
}

function sessionOperation({ verb, session }: SessionOpBody, path: string): TxnOp {
  if (verb !== 'delete') {
    throw invalid(`${path}.Verb: unknown session operation ${JSON.stringify(verb)}`);
  }
  return { of: 'session', verb, id: session.id as SessionId };
}

function rowVerb(verb: string, path: string): RowVerb {
  const known = ROW_VERBS.find((each) => each === verb);
  if (known === undefined) throw invalid(`${path}.Verb: unknown operation ${JSON.stringify(verb)}`);
  return known;
}

const ROW_VERBS: readonly RowVerb[] = ['get', 'set', 'cas', 'delete', 'delete-cas'];

function asIndex(index: number): Index {
  return index as Index;
}
