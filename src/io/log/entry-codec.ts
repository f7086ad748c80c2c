/**
 * Entries as msgpack records. Each append carries the names of its fields once, so its bytes are
 * self-contained: a segment, and a batch in etcd, decodes without anything written before it.
 *
 * BigInt stays BigInt (64 bits), undefined stays undefined; Map, Set, Date and bytes survive.
 */
import { Packr, Unpackr } from 'msgpackr';
import { Failure } from '../../base/failure.ts';
import type { EntryCodec } from '../../ports/log.ts';

const OPTIONS = { useRecords: true, moreTypes: true, int64AsType: 'bigint' } as const;

/** Makes the codec that the log engines use. */
export function entryCodec<Entry>(): EntryCodec<Entry> {
  const packr = new Packr(OPTIONS);
  const unpackr = new Unpackr(OPTIONS);
  return {
    encode: (entries) => packr.pack(entries),
    decode(bytes) {
      const entries: unknown = unpackr.unpack(bytes);
      if (!Array.isArray(entries)) throw new Failure('internal', 'the bytes hold no entries');
      return entries as readonly Entry[];
    },
  };
}
