/** Keys and values. Source: https://developer.hashicorp.com/consul/api-docs/kv */
import { boolCodec, listOf, textCodec } from '../codec/fields.ts';
import { queryDuration, queryFlag, queryInt, queryText, queryTexts } from '../query.ts';
import { ask, change, read, upload } from '../route.ts';
import { KV_ANSWER, KV_PAIR, KV_WATCH_LINE, queryUint64 } from './kv-codec.ts';

export const readKv = read({
  name: 'kv.read',
  path: '/v1/kv/*key',
  about: 'A key with its value, or everything under a prefix; status 404 when there is nothing.',
  query: {
    recurse: queryFlag('recurse', 'all keys that begin so'),
    keys: queryFlag('keys', 'the keys alone'),
    separator: queryText('separator', 'with `keys`: only up to the next one of these'),
    raw: queryFlag('raw', 'the bytes of the value and nothing else'),
  },
  reply: KV_ANSWER,
});

/** `readKv` without `keys` and `raw`, for callers. */
export const readPairs = { ...readKv, reply: listOf(KV_PAIR) };
/** `readKv` with `keys`, for callers. */
export const readKeys = { ...readKv, reply: listOf(textCodec) };

export const writeKv = upload({
  name: 'kv.write',
  path: '/v1/kv/*key',
  about: 'Sets a key. Answers `false` where its condition does not hold.',
  query: {
    flags: queryUint64('flags', 'kept with the value, for its readers'),
    cas: queryInt('cas', 'only if it is as it was at this index; 0: only if it does not exist'),
    acquire: queryText('acquire', 'only if this session gets the lock'),
    release: queryText('release', 'only if this session holds the lock, which it gives back'),
    ttlMs: queryDuration('ttl', 'the key is deleted after this long; not in Consul'),
  },
  reply: boolCodec,
});

export const deleteKv = change({
  name: 'kv.delete',
  path: '/v1/kv/*key',
  method: 'DELETE',
  about: 'Deletes a key, or everything under a prefix.',
  query: {
    recurse: queryFlag('recurse', 'all keys that begin so'),
    cas: queryInt('cas', 'only if it is as it was at this index'),
  },
  reply: boolCodec,
});

/** Not Consul's. */
export const watchKv = ask({
  name: 'kv.watch',
  path: '/v1/kv-watch',
  about:
    'Follows keys, one line of JSON for each entry that changes some: first `Snapshot`, all that is there, then `Changes`, of which a key without `Pair` is gone. A line with neither says that nothing else changed up to its index. With `index`, goes on after that line; where that is no longer possible, and where a reader is too slow, a new `Snapshot` takes the place of all before.',
  query: {
    keys: queryTexts('key', 'a key to follow; may be repeated'),
    prefixes: queryTexts('prefix', 'all keys that begin so; may be repeated; empty: all keys'),
  },
  reply: KV_WATCH_LINE,
  answers: 'lines',
});

export const KV_ROUTES = [readKv, writeKv, deleteKv, watchKv] as const;
