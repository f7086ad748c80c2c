/** One that runs tasks, as the servers see it over the session that it dialled. */
import { Failure } from '../base/failure.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { CheckResult } from '../core/model/check-result.ts';
import type { DynamicMeta } from '../core/runner/node-meta.ts';
import type { AllocUsage, HostUsage } from '../core/model/usage.ts';
import type {
  ClientLink,
  FileFrame,
  FileInfo,
  LogsQuery,
  NodeMetadata,
} from '../ports/client-link.ts';
import type { ExecRequest, ExecSession } from '../ports/driver.ts';
import { answerOf, bytesOf, inPieces, streamOf, type Caller } from './caller.ts';
import type { Exchange } from './session.ts';

/** How long a question is waited for whose answer is at hand [ms]. */
const ANSWER_MS = 30_000;

export class RemoteClient implements ClientLink {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async allocStats(id: AllocId): Promise<AllocUsage> {
    return answerOf<AllocUsage>('alloc.stats', await this.#ask('alloc.stats', { id }), 'tasks');
  }

  async hostStats(): Promise<HostUsage> {
    return answerOf<HostUsage>('client.stats', await this.#ask('client.stats', {}), 'at');
  }

  async allocChecks(id: AllocId): Promise<readonly CheckResult[]> {
    const results = await this.#ask('alloc.checks', { id });
    if (Array.isArray(results)) return results as readonly CheckResult[];
    throw new Failure('internal', 'checks were to be listed');
  }

  async nodeMeta(): Promise<NodeMetadata> {
    return answerOf<NodeMetadata>('client.meta', await this.#ask('client.meta', {}), 'dynamic');
  }

  async changeNodeMeta(change: DynamicMeta): Promise<NodeMetadata> {
    const meta = await this.#ask('client.change-meta', change);
    return answerOf<NodeMetadata>('client.change-meta', meta, 'dynamic');
  }

  async signalAlloc(id: AllocId, task: string, signal: string): Promise<void> {
    await this.#ask('alloc.signal', { id, task, signal });
  }

  async restartAlloc(id: AllocId, task: string): Promise<void> {
    await this.#ask('alloc.restart', { id, task });
  }

  async exec(
    id: AllocId,
    task: string,
    request: ExecRequest,
    signal: AbortSignal,
  ): Promise<ExecSession> {
    const { size, ...rest } = request;
    const stop = new AbortController();
    const exchange = await this.#caller.open(
      'alloc.exec',
      { id, task, ...rest, ...size },
      { signal: AbortSignal.any([signal, stop.signal]) },
    );
    const pieces = exchange.pieces[Symbol.asyncIterator]();
    const first = await pieces.next();
    // A command that could not be started has failed by now.
    if (first.done === true) await exchange.reply;
    return new RemoteExec(exchange, pieces, stop);
  }

  async listFiles(id: AllocId, path: string): Promise<readonly FileInfo[]> {
    const files = await this.#ask('alloc.list-files', { id, path });
    if (Array.isArray(files)) return files as readonly FileInfo[];
    throw new Failure('internal', 'files were to be listed');
  }

  async statFile(id: AllocId, path: string): Promise<FileInfo> {
    const file = await this.#ask('alloc.stat-file', { id, path });
    return answerOf<FileInfo>('alloc.stat-file', file, 'size');
  }

  async *readFile(
    id: AllocId,
    path: string,
    range: { readonly offset: number; readonly limit?: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const pieces = this.#stream('alloc.read-file', { id, path, ...range }, signal);
    for await (const piece of pieces) yield bytesOf(piece);
  }

  async *followFile(
    id: AllocId,
    path: string,
    from: { readonly offset: number; readonly origin: 'start' | 'end' },
    signal: AbortSignal,
  ): AsyncIterable<FileFrame> {
    const pieces = this.#stream('alloc.follow-file', { id, path, ...from }, signal);
    for await (const piece of pieces) yield frameOf(piece);
  }

  async *logs(id: AllocId, query: LogsQuery, signal: AbortSignal): AsyncIterable<FileFrame> {
    const pieces = this.#stream('alloc.logs', { id, ...query }, signal);
    for await (const piece of pieces) yield frameOf(piece);
  }

  async *allocData(id: AllocId, signal: AbortSignal): AsyncIterable<Uint8Array> {
    for await (const piece of this.#stream('alloc.data', { id }, signal)) yield bytesOf(piece);
  }

  async collectGarbage(id?: AllocId): Promise<void> {
    await this.#ask('client.collect', id === undefined ? {} : { id });
  }

  #ask(method: string, question: object): Promise<unknown> {
    const { signal } = new AbortController();
    return this.#caller.call(method, question, { signal, deadlineMs: ANSWER_MS });
  }

  #stream(method: string, question: object, signal: AbortSignal): AsyncGenerator {
    return streamOf(this.#caller, { method, question }, signal);
  }
}

class RemoteExec implements ExecSession {
  readonly output: ExecSession['output'];
  readonly exited: Promise<number>;
  readonly #exchange: Exchange;
  readonly #stop: AbortController;

  constructor(exchange: Exchange, pieces: AsyncIterator<unknown>, stop: AbortController) {
    this.#exchange = exchange;
    this.#stop = stop;
    this.output = outputOf({ [Symbol.asyncIterator]: () => pieces });
    this.exited = exchange.reply.then((code) => Number(code));
    // Of a command that is given up nobody asks for the exit code.
    this.exited.catch(() => undefined);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (const piece of inPieces(bytes)) await this.#exchange.send({ bytes: piece });
  }

  closeInput(): Promise<void> {
    this.#exchange.end();
    return Promise.resolve();
  }

  resize(columns: number, rows: number): Promise<void> {
    return this.#exchange.send({ columns, rows });
  }

  kill(): Promise<void> {
    this.#stop.abort();
    return Promise.resolve();
  }
}

async function* outputOf(
  pieces: AsyncIterable<unknown>,
): AsyncGenerator<{ readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }> {
  for await (const piece of pieces) {
    const { stream, bytes } = piece as Readonly<Record<string, unknown>>;
    yield { stream: stream === 'stderr' ? 'stderr' : 'stdout', bytes: bytesOf(bytes) };
  }
}

function frameOf(piece: unknown): FileFrame {
  const frame = answerOf<FileFrame>('frames', piece, 'bytes');
  return { ...frame, bytes: bytesOf(frame.bytes) };
}
