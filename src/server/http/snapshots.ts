/** The state as one file, as clients of the jobs API ask for it. */
import { createHash } from 'node:crypto';
import * as routes from '../../api/nomad/snapshot-routes.ts';
import type { HttpDeps } from './deps.ts';
import { bind, bindRaw, type Bound } from './mount.ts';

/** Binds what concerns snapshots. */
export function operatorSnapshotHandlers({ ops }: Pick<HttpDeps, 'ops'>): readonly Bound[] {
  return [
    bindRaw(routes.saveOperatorSnapshot, async () => {
      const { bytes, index } = await ops.snapshots.save();
      // Source: Nomad's client takes nothing that it cannot check.
      const sum = createHash('sha256').update(bytes).digest('base64');
      const headers = {
        'Content-Type': 'application/x-gzip',
        Digest: `sha-256=${sum}`,
        'X-Nomad-Index': String(index),
      };
      return { status: 200, headers, body: whole(bytes) };
    }),
    bind(routes.restoreOperatorSnapshot, async ({ body, signal }) => {
      const index = await ops.snapshots.restore(body, signal);
      return { value: undefined, index };
    }),
  ];
}

// eslint-disable-next-line @typescript-eslint/require-await -- an iterable that only yields
async function* whole(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
