/** Two builds, of which the later knows an entry that the earlier does not. */
import { neededBy } from '../src/core/state/entry-version.ts';
import { entryCodec } from '../src/io/log/entry-codec.ts';
import { versionedCodec } from '../src/io/log/versioned-codec.ts';
import type { EntryCodec } from '../src/ports/log.ts';

export type BuildFact = Readonly<{ type: 'known' | 'later'; n: number }>;

function build(understood: number, later: number | undefined): EntryCodec<BuildFact> {
  const needs = { known: 1, ...(later !== undefined && { later }) } as { known: 1; later: number };
  return versionedCodec(entryCodec<BuildFact>(), {
    understood,
    neededBy: (entry) => neededBy<BuildFact>(needs, understood, entry),
  });
}

export const earlierBuild: EntryCodec<BuildFact> = build(1, undefined);
export const laterBuild: EntryCodec<BuildFact> = build(2, 2);
/** Whose maker forgot to give the new entry a version. */
export const carelessBuild: EntryCodec<BuildFact> = build(1, 1);
