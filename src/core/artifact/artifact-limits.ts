/** How much one artifact may take; an operator may say other bounds. */
import {
  ARTIFACT_BYTES_MAX,
  ARTIFACT_ENTRIES_MAX,
  ARTIFACT_UNPACKED_BYTES_MAX,
} from '../limits.ts';

export interface ArtifactLimits {
  /** Of one download over HTTP [bytes]. */
  readonly httpBytesMax: number;
  /** What an archive becomes [bytes]. */
  readonly unpackedBytesMax: number;
  /** Files, directories and links in it. */
  readonly entriesMax: number;
}

export const ARTIFACT_LIMITS: ArtifactLimits = {
  httpBytesMax: ARTIFACT_BYTES_MAX,
  unpackedBytesMax: ARTIFACT_UNPACKED_BYTES_MAX,
  entriesMax: ARTIFACT_ENTRIES_MAX,
};
