/** Where the note of a change lies: with the task's secrets, as it may hold some. */
import { Failure } from '../../base/failure.ts';
import { TEMPLATE_TEXT_MAX } from '../../core/limits.ts';
import { decodeChangeNote, encodeChangeNote } from '../../core/task-templates/change-note.ts';
import { fromBytes, toBytes } from '../../core/template/bytes.ts';
import type { AllocDirs } from '../../ports/alloc-dir.ts';
import type { TaskScope } from '../hooks/hook.ts';
import type { ChangeNotes } from './task-templates.ts';

/** Nobody else may read it. */
const NOTE_MODE = 0o600;

export function notesOf(dirs: AllocDirs, scope: TaskScope): ChangeNotes {
  const { alloc, task } = scope;
  const path = `${task.name}/secrets/.template-change`;
  return {
    load: async () => {
      const text = await fileOf(dirs, scope, path);
      return text === undefined ? undefined : decodeChangeNote(text);
    },
    keep: async (note) => {
      const bytes = toBytes(encodeChangeNote(note));
      await dirs.writeFile(alloc.id, path, { bytes, mode: NOTE_MODE });
    },
    drop: () => dirs.removeFile(alloc.id, path),
  };
}

/** The text of a file of the task's; undefined where there is none. */
export async function fileOf(
  dirs: AllocDirs,
  { alloc, task }: TaskScope,
  path: string,
): Promise<string | undefined> {
  try {
    const range = { offset: 0, length: TEMPLATE_TEXT_MAX };
    return fromBytes(await dirs.readAs(alloc.id, task.name, path, range));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
