/** What runs on nodes: use, signals, restarts, files, output. */
import { FRAME, type Frame } from '../../api/nomad/file-codec.ts';
import * as routes from '../../api/nomad/client-routes.ts';
import { allocUseAnswer } from '../../api/nomad/usage-codec.ts';
import type { NodeId } from '../../core/model/ids.ts';
import type { ClientLink, FileFrame } from '../../ports/client-link.ts';
import type { HttpReply } from '../../ports/http.ts';
import { plainly, type HttpDeps } from './deps.ts';
import { execHandler } from './exec.ts';
import { invalid } from './fail.ts';
import { locate, taskOf, unreachable } from './locate.ts';
import { bind, bindRaw, type Bound } from './mount.ts';
import { bytesReply, linesReply, primed, toLines } from './stream.ts';

/** Binds what clients answer. */
export function clientHandlers(deps: HttpDeps): readonly Bound[] {
  return [...controls(deps), ...files(deps), ...streams(deps), execHandler(deps)];
}

function clientOfNode(deps: HttpDeps, nodeId: string | undefined): ClientLink {
  const node = nodeId === undefined || nodeId === '' ? deps.ownNode() : (nodeId as NodeId);
  const client = node === undefined ? undefined : deps.clientOf(node);
  if (client === undefined) throw unreachable(node ?? '');
  return client;
}

function controls(deps: HttpDeps): readonly Bound[] {
  return [
    bind(routes.allocStats, async ({ params }) => {
      const { alloc, client } = locate(deps, params.id);
      return { value: allocUseAnswer(await client.allocStats(alloc.id)) };
    }),
    bind(routes.allocChecks, async ({ params }) => {
      const { alloc, client } = locate(deps, params.id);
      return { value: await client.allocChecks(alloc.id) };
    }),
    bind(routes.readNodeMeta, async ({ query }) => ({
      value: await clientOfNode(deps, query.nodeId).nodeMeta(),
    })),
    bind(routes.changeNodeMeta, async ({ query, body }) => {
      const nodeId = body.nodeId === '' ? query.nodeId : body.nodeId;
      return { value: await clientOfNode(deps, nodeId).changeNodeMeta(body.change) };
    }),
    bind(routes.restartAlloc, async ({ params, body }) => {
      const { alloc, client } = locate(deps, params.id);
      await client.restartAlloc(alloc.id, body.task);
      return { value: undefined };
    }),
    bind(routes.signalAlloc, async ({ params, body }) => {
      const { alloc, client } = locate(deps, params.id);
      await client.signalAlloc(alloc.id, body.task, body.signal);
      return { value: undefined };
    }),
    bind(routes.collectAlloc, async ({ params }) => {
      const { alloc, client } = locate(deps, params.id);
      await client.collectGarbage(alloc.id);
      return plainly(undefined);
    }),
    bind(routes.hostStats, async ({ query }) => ({
      value: await clientOfNode(deps, query.nodeId).hostStats(),
    })),
    bind(routes.collectNode, async ({ query }) => {
      await clientOfNode(deps, query.nodeId).collectGarbage();
      return { value: undefined };
    }),
  ];
}

function files(deps: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listFiles, async ({ params, query }) => {
      const { alloc, client } = locate(deps, params.id);
      return { value: await client.listFiles(alloc.id, query.path ?? '/') };
    }),
    bind(routes.statFile, async ({ params, query }) => {
      const { alloc, client } = locate(deps, params.id);
      return { value: await client.statFile(alloc.id, query.path ?? '/') };
    }),
    bindRaw(routes.catFile, ({ params, query, signal }) =>
      fileReply(deps, { id: params.id, path: query.path, offset: 0 }, signal),
    ),
    bindRaw(routes.readFileAt, ({ params, query, signal }) => {
      const { path, offset = 0, limit } = query;
      if (offset < 0 || (limit ?? 0) < 0) throw invalid('offset and limit must not be negative');
      return fileReply(deps, { id: params.id, path, offset, limit }, signal);
    }),
  ];
}

interface Wanted {
  readonly id: string;
  readonly path: string | undefined;
  readonly offset: number;
  readonly limit?: number | undefined;
}

async function fileReply(deps: HttpDeps, wanted: Wanted, signal: AbortSignal): Promise<HttpReply> {
  const { alloc, client } = locate(deps, wanted.id);
  const { path, offset, limit } = wanted;
  if (path === undefined || path === '') throw invalid('must provide a file name');
  const range = limit === undefined || limit === 0 ? { offset } : { offset, limit };
  const bytes = client.readFile(alloc.id, path, range, signal);
  return bytesReply(await primed(bytes, deps.clock, signal));
}

function streams(deps: HttpDeps): readonly Bound[] {
  return [
    bindRaw(routes.streamFile, async ({ params, query, signal }) => {
      const { alloc, client } = locate(deps, params.id);
      const { path, follow, offset = 0 } = query;
      if (path === undefined || path === '') throw invalid('must provide a file name');
      const from = { offset, origin: originOf(query.origin) };
      if (follow !== false) {
        const frames = client.followFile(alloc.id, path, from, signal);
        return frameReply(deps, frames, query.plain === true, signal);
      }
      const end = from.origin === 'end' ? (await client.statFile(alloc.id, path)).size : undefined;
      const at = end === undefined ? offset : Math.max(0, end - offset);
      const bytes = client.readFile(alloc.id, path, { offset: at }, signal);
      return frameReply(deps, wholeFile(bytes, path, at), query.plain === true, signal);
    }),
    bindRaw(routes.taskLogs, ({ params, query, signal }) => {
      const { alloc, client } = locate(deps, params.id);
      const type = query.type ?? 'stdout';
      if (type !== 'stdout' && type !== 'stderr') {
        throw invalid(`type: expected "stdout" or "stderr", got "${type}"`);
      }
      const frames = client.logs(
        alloc.id,
        {
          task: taskOf(deps, alloc, query.task),
          type,
          follow: query.follow === true,
          offset: query.offset ?? 0,
          origin: originOf(query.origin),
        },
        signal,
      );
      return frameReply(deps, frames, query.plain === true, signal);
    }),
  ];
}

function originOf(text: string | undefined): 'start' | 'end' {
  if (text === undefined || text === '' || text === 'start') return 'start';
  if (text === 'end') return 'end';
  throw invalid(`origin: expected "start" or "end", got "${text}"`);
}

async function* wholeFile(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  from: number,
): AsyncGenerator<FileFrame> {
  let offset = from;
  for await (const chunk of bytes) {
    offset += chunk.length;
    yield { file, offset, bytes: chunk };
  }
}

async function frameReply(
  deps: HttpDeps,
  frames: AsyncIterable<FileFrame>,
  plain: boolean,
  signal: AbortSignal,
): Promise<HttpReply> {
  const started = await primed(frames, deps.clock, signal);
  if (plain) return bytesReply(bytesOf(started));
  return linesReply(toLines<Frame>(started, FRAME, isEmpty));
}

function isEmpty(frame: Frame): boolean {
  return frame.bytes.length === 0 && frame.event === undefined;
}

async function* bytesOf(frames: AsyncIterable<FileFrame>): AsyncGenerator<Uint8Array> {
  for await (const frame of frames) yield frame.bytes;
}
