/** Lists of allocations. */
import type { Millis } from '../../base/brand.ts';
import type { AllocStub } from '../../api/nomad/alloc-codec.ts';
import { columns } from '../format/columns.ts';
import type { Ids } from '../format/ids.ts';
import { ago, timestamp } from '../format/time.ts';

export interface AllocListOptions {
  readonly ids: Ids;
  readonly now: Millis;
  readonly verbose: boolean;
}

/** Newest first; a sentence where there are none. */
export function allocList(stubs: readonly AllocStub[], options: AllocListOptions): string {
  if (stubs.length === 0) return 'No allocations placed';
  const newest = [...stubs].sort(
    (a, b) => b.createIndex - a.createIndex || b.createdAt - a.createdAt,
  );
  return options.verbose ? verboseRows(newest) : shortRows(newest, options);
}

function shortRows(stubs: readonly AllocStub[], { ids, now }: AllocListOptions): string {
  return columns([
    ['ID', 'Node ID', 'Task Group', 'Version', 'Desired', 'Status', 'Created', 'Modified'],
    ...stubs.map((stub) => [
      ids(stub.id),
      ids(stub.nodeId),
      stub.group,
      String(stub.jobVersion),
      stub.desiredStatus,
      stub.clientStatus,
      ago(stub.createdAt, now),
      ago(stub.modifiedAt, now),
    ]),
  ]);
}

function verboseRows(stubs: readonly AllocStub[]): string {
  const title = ['ID', 'Eval ID', 'Node ID', 'Node Name', 'Task Group', 'Version'];
  return columns([
    [...title, 'Desired', 'Status', 'Created', 'Modified'],
    ...stubs.map((stub) => [
      stub.id,
      stub.evalId,
      stub.nodeId,
      stub.nodeName,
      stub.group,
      String(stub.jobVersion),
      stub.desiredStatus,
      stub.clientStatus,
      timestamp(stub.createdAt),
      timestamp(stub.modifiedAt),
    ]),
  ]);
}
