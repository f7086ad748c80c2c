/** How callers of keys and locks reach a server: its operations, or the HTTP API of one of several. */
import { Failure } from '../../src/base/failure.ts';
import type { Index } from '../../src/base/brand.ts';
import type { Apps } from '../../src/compose/cluster-parts.ts';
import type { SessionId } from '../../src/core/model/session.ts';
import { readKvPair } from '../../src/core/state/reads-kv.ts';
import type { HttpReply } from '../../src/ports/http.ts';
import type { Operations } from '../../src/server/operations.ts';

/** The machine that sessions belong to. */
export const KV_NODE = 'machine';
export const KV_TTL_MS = 1_000;

export type KvWrite = Parameters<Operations['kv']['write']>[0];

/** A key as a caller reads it. */
export interface KvSeen {
  readonly value: string;
  readonly modifyIndex: Index;
  readonly lockIndex: number;
  readonly session: string | undefined;
}

/** Fails wherever the caller cannot know what became of it. */
export interface KvDoor {
  /** Makes the machine that sessions belong to. */
  register(): Promise<void>;
  read(key: string): Promise<KvSeen | undefined>;
  /** Answers whether it took place. */
  write(write: KvWrite): Promise<boolean>;
  /** @param lockDelayMs for how long what it held is kept from others, should it be lost */
  createSession(id: SessionId, lockDelayMs: number): Promise<SessionId>;
  /** Answers false where it has ended. */
  renewSession(id: SessionId): Promise<boolean>;
}

/** Directly at a server. */
export function operationsDoor(ops: Operations): KvDoor {
  return {
    register: async () => {
      const node = { name: KV_NODE, id: '', address: '10.0.0.1', datacenter: 'dc1' };
      const facts = { ...node, taggedAddresses: {}, meta: {} };
      const rows = { node: facts, skipNodeUpdate: false, services: [], checks: [] };
      await ops.catalog.register(rows);
    },
    read: async (key) => {
      const { value: pair } = await ops.query(readKvPair(key), {}, NEVER);
      return pair && { ...pair, session: pair.session };
    },
    write: async (write) => (await ops.kv.write(write)).ok,
    createSession: async (id, lockDelayMs) => {
      const ttl = { ttlMs: KV_TTL_MS, lockDelayMs, behavior: 'release' } as const;
      const checks = { nodeChecks: [], serviceChecks: [] };
      await ops.kv.createSession({ id, name: '', node: KV_NODE, ...checks, ...ttl });
      return id;
    },
    renewSession: async (id) => (await Promise.resolve(ops.kv.renewSession(id)))?.id === id,
  };
}

/**
 * Over the HTTP API of any of several servers.
 *
 * @param query what reads say of how new they are to be: `consistent`, or nothing
 */
export function httpDoor({ discovery }: Apps, query: '' | 'consistent'): KvDoor {
  const ask = async (question: Question): Promise<HttpReply> => {
    const { method, pattern, params = {}, query = '', body = '' } = question;
    const mount = discovery.mounts.find((each) => each.method === method && each.path === pattern);
    if (mount === undefined) throw new Error(`there is no ${method} ${pattern}`);
    const request = {
      ...{ method, path: pattern, query, params, remoteAddress: '127.0.0.1' },
      signal: new AbortController().signal,
      headers: { 'content-length': String(body.length) },
      body: () => Promise.resolve(new TextEncoder().encode(body)),
    };
    let reply: HttpReply;
    try {
      reply = await mount.handle(request);
    } catch (error) {
      reply = discovery.failed(error, request);
    }
    // A refusal, as of a full store, is no answer; that something is not there is one.
    if (reply.status === 200 || reply.status === 404) return reply;
    throw new Failure('unavailable', `${reply.status} ${await textOf(reply)}`);
  };
  const put = (pattern: string, rest: Partial<Question>): Promise<HttpReply> =>
    ask({ method: 'PUT', pattern, ...rest });
  return {
    register: async () => {
      const body = JSON.stringify({ Node: KV_NODE, Address: '10.0.0.1' });
      await put('/v1/catalog/register', { body });
    },
    read: async (key) => {
      const reply = await ask({ method: 'GET', pattern: KEYS, params: { key }, query });
      if (reply.status === 404) return undefined;
      const [row] = JSON.parse(await textOf(reply)) as readonly Row[];
      return (
        row && {
          value: Buffer.from(row.Value ?? '', 'base64').toString(),
          ...{ modifyIndex: row.ModifyIndex as Index, lockIndex: row.LockIndex },
          session: row.Session,
        }
      );
    },
    write: async (write) => {
      const { key } = write;
      const method = write.verb.startsWith('delete') ? 'DELETE' : 'PUT';
      const body = 'value' in write ? write.value : '';
      const question = { method, pattern: KEYS, params: { key }, query: queryOf(write), body };
      return (await textOf(await ask(question))).trim() === 'true';
    },
    createSession: async (_, lockDelayMs) => {
      const times = { TTL: `${KV_TTL_MS}ms`, LockDelay: `${lockDelayMs}ms` };
      const body = { Node: KV_NODE, ...times, Checks: [] };
      const reply = await put('/v1/session/create', { body: JSON.stringify(body) });
      return (JSON.parse(await textOf(reply)) as { readonly ID: SessionId }).ID;
    },
    renewSession: async (id) =>
      (await put('/v1/session/renew/:id', { params: { id } })).status === 200,
  };
}

const KEYS = '/v1/kv/*key';

interface Question {
  readonly method: string;
  readonly pattern: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: string;
}

interface Row {
  readonly Value: string | null;
  readonly ModifyIndex: number;
  readonly LockIndex: number;
  readonly Session?: string;
}

function queryOf(write: KvWrite): string {
  if (write.verb === 'cas') return `cas=${write.index}`;
  if (write.verb === 'lock') return `acquire=${write.session}`;
  return write.verb === 'unlock' ? `release=${write.session}` : '';
}

async function textOf({ body }: HttpReply): Promise<string> {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString();
}

const NEVER = new AbortController().signal;
