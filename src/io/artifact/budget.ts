/**
 * What an archive may still become while it is unpacked.
 *
 * U1: what an entry may be is decided by the core (`entryProblem`); the first one that may not ends
 *     it all, with archive and entry named.
 * U2: size, count and ratio are bounded, whatever the headers of the archive claim.
 */
import { Transform } from 'node:stream';
import { Failure } from '../../base/failure.ts';
import { entryProblem, type ArchiveEntry } from '../../core/artifact/archive.ts';
import { ARTIFACT_LIMITS, type ArtifactLimits } from '../../core/artifact/artifact-limits.ts';
import { ARTIFACT_FREE_BYTES, ARTIFACT_RATIO_MAX } from '../../core/limits.ts';

export class Budget {
  readonly #name: string;
  #bytesLeft: number;
  readonly #entriesMax: number;
  #entriesLeft: number;
  /** Paths of symbolic links so far: nothing is unpacked through one. */
  readonly #links = new Set<string>();

  /** @param name of the archive, for people */
  constructor(name: string, packedBytes: number, limits: ArtifactLimits = ARTIFACT_LIMITS) {
    this.#name = name;
    this.#entriesMax = limits.entriesMax;
    this.#entriesLeft = limits.entriesMax;
    this.#bytesLeft = Math.min(
      limits.unpackedBytesMax,
      ARTIFACT_FREE_BYTES + packedBytes * ARTIFACT_RATIO_MAX,
    );
  }

  /** Fails at the entry that is one too many, or may not be (U1). */
  admit(entry: ArchiveEntry): void {
    const path = entry.path.split('/').filter((part) => part !== '' && part !== '.');
    const through = path.some((_, i) => i > 0 && this.#links.has(path.slice(0, i).join('/')));
    const problem = through ? 'lies behind a link' : entryProblem(entry);
    if (entry.kind === 'symlink') this.#links.add(path.join('/'));
    if (problem !== undefined) {
      throw new Failure('invalid', `${this.#name}: entry "${shortened(entry.path)}" ${problem}`);
    }
    if (this.#entriesLeft-- <= 0) {
      throw new Failure('exhausted', `${this.#name} has more than ${this.#entriesMax} entries`);
    }
  }

  /** Fails once it has become too large. */
  counting(): Transform {
    return new Transform({
      transform: (piece: Uint8Array, _, done) => {
        this.#bytesLeft -= piece.length;
        if (this.#bytesLeft >= 0) done(null, piece);
        else done(new Failure('exhausted', `${this.#name} becomes too large when it is unpacked`));
      },
    });
  }
}

/** Characters of an entry's name that are told. */
const SHOWN_MAX = 200;

function shortened(path: string): string {
  return path.length <= SHOWN_MAX ? path : `${path.slice(0, SHOWN_MAX)}...`;
}
