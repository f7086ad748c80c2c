/**
 * What is written down of a change of a task's files until the task lives with it: an agent that is
 * started anew in between goes on from there.
 */
import type { Json } from '../../base/json.ts';

export interface ChangeNote {
  /** The start of the task that the change found; a later one has seen the new files. */
  readonly attempt: number;
  /** Former texts by the path of the file; undefined where nobody would go back to one. */
  readonly files: ReadonlyMap<string, string | undefined>;
}

export function encodeChangeNote({ attempt, files }: ChangeNote): string {
  return JSON.stringify({ attempt, files: [...files] });
}

/** Answers undefined for what is no note: it lies where its task may write. */
export function decodeChangeNote(text: string): ChangeNote | undefined {
  const note = parsed(text);
  if (typeof note !== 'object' || note === null || !('files' in note)) return undefined;
  const { attempt, files } = note;
  if (typeof attempt !== 'number' || !Array.isArray(files)) return undefined;
  const found = new Map<string, string | undefined>();
  for (const entry of files as readonly Json[]) {
    const [path, before] = Array.isArray(entry) ? (entry as readonly Json[]) : [];
    if (typeof path !== 'string') return undefined;
    found.set(path, typeof before === 'string' ? before : undefined);
  }
  return { attempt, files: found };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
