/** Reads a file that `snapshot save` wrote. */
import { Failure } from '../../base/failure.ts';
import { readSaved, SUMMED_FILES } from '../../core/archive/saved-state.ts';
import {
  summarize,
  type KeyDetails,
  type SnapshotSummary,
} from '../../core/archive/snapshot-summary.ts';

/** Unpacked, no larger file is looked into [bytes]. */
const SIZE_MAX = 1024 * 1024 * 1024;

/**
 * Unpacks it, compares it with its checksums and counts what it holds.
 *
 * Fails: `invalid` damaged, cut off, or of another kind; `exhausted` too large.
 */
export async function inspectSnapshot(
  bytes: Uint8Array,
  details: KeyDetails,
): Promise<SnapshotSummary> {
  const saved = readSaved(await inflated(bytes));
  if ('problem' in saved) throw damaged(saved.problem);
  for (const name of SUMMED_FILES) {
    if ((await digest(saved.files[name])) !== saved.sums[name]) {
      throw damaged(`${name} is not what was written`);
    }
  }
  const summary = summarize(saved, details);
  if ('problem' in summary) throw damaged(summary.problem);
  return summary;
}

async function inflated(bytes: Uint8Array): Promise<Uint8Array> {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const stream = packed.pipeThrough(new DecompressionStream('gzip'));
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > SIZE_MAX) {
        throw new Failure('exhausted', `the snapshot holds more than ${SIZE_MAX} bytes`);
      }
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('invalid', 'cannot read the snapshot: it is not gzipped', { cause });
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function digest(bytes: Uint8Array): Promise<string> {
  const sum = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function damaged(why: string): Failure {
  return new Failure('invalid', `cannot read the snapshot: ${why}`);
}
