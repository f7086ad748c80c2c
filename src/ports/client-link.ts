/**
 * What the HTTP API asks of the client that runs an allocation. Every call names its allocation;
 * Fails: `not_found` for one this client does not hold, with the full id in the message.
 */
import type { Millis } from '../base/brand.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { CheckResult } from '../core/model/check-result.ts';
import type { DynamicMeta } from '../core/runner/node-meta.ts';
import type { AllocUsage, HostUsage } from '../core/model/usage.ts';
import type { ExecRequest, ExecSession } from './driver.ts';

export interface ClientLink {
  allocStats(id: AllocId): Promise<AllocUsage>;
  hostStats(): Promise<HostUsage>;
  /** How the checks of its services came out last. */
  allocChecks(id: AllocId): Promise<readonly CheckResult[]>;
  nodeMeta(): Promise<NodeMetadata>;
  /** Changes the metadata of the node, and answers all of it. Fails: `invalid`. */
  changeNodeMeta(change: DynamicMeta): Promise<NodeMetadata>;
  /** Sends a signal to one task, or to all when `task` is empty. */
  signalAlloc(id: AllocId, task: string, signal: string): Promise<void>;
  /** Restarts one running task in place, or all when `task` is empty. */
  restartAlloc(id: AllocId, task: string): Promise<void>;
  exec(id: AllocId, task: string, request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;
  /** Paths are relative to the allocation's directory; none leads out of it. */
  listFiles(id: AllocId, path: string): Promise<readonly FileInfo[]>;
  statFile(id: AllocId, path: string): Promise<FileInfo>;
  /** Bytes of a file from `offset`, at most `limit` (absent: to its end). */
  readFile(
    id: AllocId,
    path: string,
    range: { readonly offset: number; readonly limit?: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /** Like `readFile`, and goes on as the file grows, is truncated or replaced, until aborted. */
  followFile(
    id: AllocId,
    path: string,
    from: { readonly offset: number; readonly origin: 'start' | 'end' },
    signal: AbortSignal,
  ): AsyncIterable<FileFrame>;
  /** A task's output across its rotated files. */
  logs(id: AllocId, query: LogsQuery, signal: AbortSignal): AsyncIterable<FileFrame>;
  /** Its data, as `AllocData.pack` makes it. Fails: `conflict` it has not ended. */
  allocData(id: AllocId, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Removes what ended allocations left on disk, now. */
  collectGarbage(id?: AllocId): Promise<void>;
}

/** The metadata of a node. */
export interface NodeMetadata {
  /** What counts. */
  readonly merged: Readonly<Record<string, string>>;
  readonly configured: Readonly<Record<string, string>>;
  /** What was changed by hand. */
  readonly dynamic: DynamicMeta;
}

export interface LogsQuery {
  readonly task: string;
  readonly type: 'stdout' | 'stderr';
  readonly follow: boolean;
  readonly offset: number;
  readonly origin: 'start' | 'end';
}

/** A piece of a file; an empty one keeps a quiet stream alive. */
export interface FileFrame {
  readonly file: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** `file truncated`, `file deleted`. */
  readonly event?: string;
}

export interface FileInfo {
  readonly name: string;
  readonly directory: boolean;
  readonly size: number;
  /** Octal bits. */
  readonly mode: number;
  readonly modifiedAt: Millis;
  readonly contentType: string;
}
