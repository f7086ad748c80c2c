/** The state as one file. Source: https://developer.hashicorp.com/consul/api-docs/snapshot */
import * as routes from '../../../api/consul/snapshot-routes.ts';
import type { Bound } from '../mount.ts';
import { bind, bindRaw, toldHeaders } from './bind.ts';
import type { ConsulDeps } from './deps.ts';

/** Binds what concerns snapshots. */
export function snapshotHandlers({ ops }: ConsulDeps): readonly Bound[] {
  return [
    bindRaw(routes.saveSnapshot, async ({ waiting }) => {
      const { bytes, index } = await ops.snapshots.save();
      const headers = toldHeaders({ index }, waiting.consistency);
      return {
        status: 200,
        headers: { ...headers, 'Content-Type': 'application/x-gzip' },
        // Piece by piece, so that it is not packed a second time on its way.
        body: whole(bytes),
      };
    }),
    bind(routes.restoreSnapshot, async ({ body, signal }) => {
      await ops.snapshots.restore(body, signal);
      return { value: undefined };
    }),
  ];
}

// eslint-disable-next-line @typescript-eslint/require-await -- an iterable that only yields
async function* whole(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
