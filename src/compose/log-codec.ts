/** The form of the entries in the log, which every server and every later build must read. */
import { ENTRY_VERSIONS } from '../core/state/entry-version.ts';
import type { Entry } from '../core/state/entry.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import { versionedCodec } from '../io/log/versioned-codec.ts';
import type { EntryCodec } from '../ports/log.ts';

export function logCodec(): EntryCodec<Entry> {
  return versionedCodec(entryCodec<Entry>(), ENTRY_VERSIONS);
}
