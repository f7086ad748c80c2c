/** The keys of a whole pool: asked of, and changed at, every member. */
import { Failure } from '../base/failure.ts';
import { parseKey } from '../core/gossip/key-ring.ts';
import { decodeKeyResponse, encodeKeyRequest } from '../core/gossip/wire/serf-messages.ts';
import type { KeyResponse } from '../core/gossip/wire/serf-messages.ts';
import type { Gossip } from './gossip.ts';

export interface KeyReport {
  /** By key in base64: how many members have it, and use it. */
  readonly keys: Readonly<Record<string, number>>;
  readonly primaryKeys: Readonly<Record<string, number>>;
  readonly members: number;
}

export type KeyVerb = 'install' | 'use' | 'remove';

/** Who has which keys. Fails: `internal` where there are none, or somebody does not answer. */
export async function listKeys(gossip: Gossip): Promise<KeyReport> {
  const keys: Record<string, number> = {};
  const primaryKeys: Record<string, number> = {};
  const responses = await askAll(gossip, 'list-keys', new Uint8Array(0));
  for (const response of responses.values()) {
    for (const key of response.keys) keys[key] = (keys[key] ?? 0) + 1;
    const { primaryKey } = response;
    if (primaryKey !== '') primaryKeys[primaryKey] = (primaryKeys[primaryKey] ?? 0) + 1;
  }
  return { keys, primaryKeys, members: responses.size };
}

/**
 * Changes the keys of every member.
 *
 * Fails: `invalid` for what is no key; `internal` where somebody refuses, or does not answer.
 */
export async function changeKeys(gossip: Gossip, verb: KeyVerb, key: string): Promise<void> {
  const bytes = parseKey(key);
  if (bytes === undefined) {
    throw new Failure('invalid', 'a key is 16, 24 or 32 bytes in base64');
  }
  await askAll(gossip, `${verb}-key`, encodeKeyRequest(bytes));
}

async function askAll(
  gossip: Gossip,
  verb: string,
  payload: Uint8Array,
): Promise<ReadonlyMap<string, KeyResponse>> {
  if (gossip.keys().length === 0) {
    throw new Failure('internal', 'keyring is empty: agents do not gossip encrypted');
  }
  const alive = gossip.members().filter(({ status }) => status === 'alive');
  const expects = alive.length;
  const replies = await gossip.ask({ name: `_serf_${verb}`, payload, expects });
  const responses = new Map(
    replies.map(({ from, payload: answer }) => [from, decodeKeyResponse(answer)]),
  );
  const silent = alive.filter(({ name }) => !responses.has(name)).length;
  const refusals = Array.from(responses).filter(([, { ok }]) => !ok);
  if (silent > 0 || refusals.length > 0) {
    const said = refusals.map(([name, { message }]) => `${name}: ${message}`).join('; ');
    const why = `${refusals.length}/${alive.length} members refused, ${silent} did not answer`;
    throw new Failure('internal', said === '' ? why : `${why}: ${said}`);
  }
  return responses;
}
