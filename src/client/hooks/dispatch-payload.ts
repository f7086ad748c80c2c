import { Failure } from '../../base/failure.ts';
import type { AllocDirs } from '../../ports/alloc-dir.ts';
import type { TaskHook } from './hook.ts';

/** Writes the input of a dispatched job where its task asked for it: `local/FILE`. */
export function dispatchPayloadHook(dirs: AllocDirs): TaskHook {
  return {
    name: 'dispatch_payload',
    async prestart({ alloc, job, task }) {
      const file = task.dispatchPayload?.file ?? '';
      if (file === '' || job.payload === '') return;
      if (file.startsWith('/') || file.split('/').includes('..')) {
        throw new Failure(
          'denied',
          `the payload's file "${file}" leads out of the task's directory`,
        );
      }
      const path = `${task.name}/local/${file}`;
      await dirs.writeFile(alloc.id, path, { bytes: decode(job.payload), mode: 0o644 });
    },
  };
}

function decode(payload: string): Uint8Array {
  return Uint8Array.from(Buffer.from(payload, 'base64'));
}
