/**
 * Says in the bytes of an append which version of entries its readers need, so that a build that
 * does not understand them stops before it applies anything of it.
 *
 *     mark u8 | version u16 | the codec's bytes
 *
 * VC1: what the first version's readers understand is written as it was before there were versions:
 *      without mark and version.
 */
import { Failure } from '../../base/failure.ts';
import type { EntryCodec, EntryVersions } from '../../ports/log.ts';

/** No msgpack begins with it, so that it cannot be taken for an append of version 1. */
const MARK = 0xc1;
const HEAD_BYTES = 3;
const FIRST_VERSION = 1;

/** The version that readers of all these entries need. */
export function versionOf<Entry>(
  entries: readonly Entry[],
  versions: EntryVersions<Entry> | undefined,
): number {
  let needed = FIRST_VERSION;
  if (versions === undefined) return needed;
  for (const entry of entries) needed = Math.max(needed, versions.neededBy(entry));
  return needed;
}

/** @param codec whose bytes do not begin with 0xC1: msgpack, unversioned */
export function versionedCodec<Entry>(
  codec: EntryCodec<Entry>,
  versions: EntryVersions<Entry>,
): EntryCodec<Entry> {
  const check = (needed: number): void => {
    if (needed <= versions.understood) return;
    const what = `the log holds entries of version ${needed}`;
    throw new Failure(
      'unsupported',
      `${what}, this build understands version ${versions.understood}: upgrade this server`,
      { facts: { needed, understood: versions.understood } },
    );
  };
  return {
    versions,
    encode(entries) {
      const needed = versionOf(entries, versions);
      const bytes = codec.encode(entries);
      if (needed === FIRST_VERSION) return bytes;
      const head = Buffer.alloc(HEAD_BYTES, MARK);
      head.writeUInt16LE(needed, 1);
      return Buffer.concat([head, bytes]);
    },
    decode(bytes) {
      const isMarked = bytes[0] === MARK && bytes.length > HEAD_BYTES;
      if (isMarked) check(Buffer.from(bytes.subarray(1, HEAD_BYTES)).readUInt16LE());
      const entries = codec.decode(isMarked ? bytes.subarray(HEAD_BYTES) : bytes);
      // A type that nobody knows here, whatever its writer said of it.
      check(versionOf(entries, versions));
      return entries;
    },
  };
}
