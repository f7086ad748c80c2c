/**
 * Answers what the HTTP API asks of this client: use, files, output, signals, commands.
 *
 * LK1: nothing outside an allocation's directory is ever read; `ports/alloc-dir.ts` sees to that.
 */
import { Failure } from '../base/failure.ts';
import type { AllocId } from '../core/model/ids.ts';
import { restartSignaled, signaling } from '../core/runner/events.ts';
import type { CheckResult } from '../core/model/check-result.ts';
import type { DynamicMeta } from '../core/runner/node-meta.ts';
import { NO_USAGE } from '../core/model/usage.ts';
import type { AllocUsage, HostUsage, TaskUsage } from '../core/model/usage.ts';
import type { AllocData } from '../ports/alloc-data.ts';
import type { AllocDirs } from '../ports/alloc-dir.ts';
import type {
  ClientLink,
  FileFrame,
  FileInfo,
  LogsQuery,
  NodeMetadata,
} from '../ports/client-link.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExecRequest, ExecSession } from '../ports/driver.ts';
import type { Fingerprinter } from '../ports/fingerprint.ts';
import type { Allocs } from './allocs.ts';
import { followFile, readFile } from './files.ts';
import { readLogs } from './logs.ts';
import type { RunningTask } from './runner.ts';
import { taskOf } from './task-edge.ts';

export interface LinkDeps {
  readonly allocs: Allocs;
  readonly dirs: AllocDirs;
  readonly data: AllocData;
  readonly clock: Clock;
  readonly fingerprinter: Fingerprinter;
  readonly nodeMeta: () => NodeMetadata;
  readonly changeNodeMeta: (change: DynamicMeta) => Promise<void>;
}

export class AllocLink implements ClientLink {
  readonly #deps: LinkDeps;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  async allocStats(id: AllocId): Promise<AllocUsage> {
    const running = this.#deps.allocs.get(id).allRunning();
    const samples = await Promise.all(
      running.map(
        async ({ name, driver, handle }) => [name, await tryStats(driver, handle)] as const,
      ),
    );
    const tasks = Object.fromEntries(
      samples.filter((entry): entry is [string, TaskUsage] => entry[1] !== undefined),
    );
    const at = this.#deps.clock.now();
    return { at, total: Object.values(tasks).reduce(add, { ...NO_USAGE, at }), tasks };
  }

  hostStats(): Promise<HostUsage> {
    return this.#deps.fingerprinter.usage();
  }

  async allocChecks(id: AllocId): Promise<readonly CheckResult[]> {
    return Promise.resolve(this.#deps.allocs.get(id).checkResults());
  }

  nodeMeta(): Promise<NodeMetadata> {
    return Promise.resolve(this.#deps.nodeMeta());
  }

  async changeNodeMeta(change: DynamicMeta): Promise<NodeMetadata> {
    await this.#deps.changeNodeMeta(change);
    return this.#deps.nodeMeta();
  }

  async signalAlloc(id: AllocId, task: string, signal: string): Promise<void> {
    if (!/^SIG[A-Z0-9+-]{1,12}$/.test(signal)) {
      throw new Failure('invalid', `unknown signal "${signal}"`);
    }
    const runner = this.#deps.allocs.get(id);
    for (const { name, driver, handle } of this.#chosen(id, task)) {
      if (!driver.capabilities.signals) {
        throw new Failure('unsupported', `driver "${driver.name}" cannot send signals`);
      }
      const event = signaling(signal, 'User requested signal');
      runner.ask(name, { type: 'note', event });
      await driver.signal(handle, signal);
    }
  }

  restartAlloc(id: AllocId, task: string): Promise<void> {
    return Promise.resolve().then(() => {
      const reason =
        task === '' ? 'User requested running tasks to restart' : 'User requested task to restart';
      const runner = this.#deps.allocs.get(id);
      const { displayMessage } = restartSignaled(reason);
      for (const { name } of this.#chosen(id, task)) {
        runner.ask(name, { type: 'restart', reason: displayMessage });
      }
    });
  }

  async exec(
    id: AllocId,
    task: string,
    request: ExecRequest,
    signal: AbortSignal,
  ): Promise<ExecSession> {
    const { driver, handle } = this.#deps.allocs.get(id).running(task);
    if (!driver.capabilities.exec) {
      throw new Failure('unsupported', `driver "${driver.name}" cannot run commands in a task`);
    }
    return driver.exec(handle, request, signal);
  }

  async listFiles(id: AllocId, path: string): Promise<readonly FileInfo[]> {
    this.#deps.allocs.get(id);
    return this.#deps.dirs.listFiles(id, path);
  }

  async statFile(id: AllocId, path: string): Promise<FileInfo> {
    this.#deps.allocs.get(id);
    return this.#deps.dirs.stat(id, path);
  }

  async *readFile(
    id: AllocId,
    path: string,
    range: { readonly offset: number; readonly limit?: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    this.#deps.allocs.get(id);
    yield* readFile(this.#deps.dirs, { id, path }, range, signal);
  }

  async *followFile(
    id: AllocId,
    path: string,
    from: { readonly offset: number; readonly origin: 'start' | 'end' },
    signal: AbortSignal,
  ): AsyncIterable<FileFrame> {
    this.#deps.allocs.get(id);
    yield* followFile(this.#deps.dirs, { id, path }, from, signal);
  }

  async *logs(id: AllocId, query: LogsQuery, signal: AbortSignal): AsyncIterable<FileFrame> {
    const runner = this.#deps.allocs.get(id);
    taskOf(runner.group, query.task);
    const isOver = (): boolean => runner.endedAt !== undefined;
    yield* readLogs(this.#deps.dirs, { id, isOver }, query, signal);
  }

  async *allocData(id: AllocId, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { group, endedAt } = this.#deps.allocs.get(id);
    if (endedAt === undefined) throw new Failure('conflict', `allocation "${id}" has not ended`);
    const tasks = group.tasks.map(({ name }) => name);
    yield* this.#deps.data.pack(id, tasks, signal);
  }

  collectGarbage(id?: AllocId): Promise<void> {
    return this.#deps.allocs.collectNow(id);
  }

  /** The named task, which must run, or all that do: at least one. */
  #chosen(id: AllocId, task: string): readonly RunningTask[] {
    const runner = this.#deps.allocs.get(id);
    if (task !== '') return [runner.running(task)];
    const all = runner.allRunning();
    if (all.length === 0) throw new Failure('conflict', 'Task not running');
    return all;
  }
}

/** A task that ends while it is measured uses nothing. */
async function tryStats(
  driver: RunningTask['driver'],
  handle: RunningTask['handle'],
): Promise<TaskUsage | undefined> {
  try {
    return await driver.stats(handle);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function add(a: TaskUsage, b: TaskUsage): TaskUsage {
  return {
    at: a.at,
    cpu: {
      percent: a.cpu.percent + b.cpu.percent,
      systemPercent: a.cpu.systemPercent + b.cpu.systemPercent,
      userPercent: a.cpu.userPercent + b.cpu.userPercent,
      totalTicks: a.cpu.totalTicks + b.cpu.totalTicks,
      throttledPeriods: a.cpu.throttledPeriods + b.cpu.throttledPeriods,
      throttledTimeNs: a.cpu.throttledTimeNs + b.cpu.throttledTimeNs,
    },
    memory: {
      rss: a.memory.rss + b.memory.rss,
      cache: a.memory.cache + b.memory.cache,
      swap: a.memory.swap + b.memory.swap,
      usage: a.memory.usage + b.memory.usage,
      maxUsage: a.memory.maxUsage + b.memory.maxUsage,
    },
    pids: a.pids + b.pids,
  };
}
