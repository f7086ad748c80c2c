/** `muster operator debug`: what one needs to know of a cluster to help with it, in one file. */
import type { Api } from '../../api/api.ts';
import { listAllocs, listEvals } from '../../api/nomad/alloc-routes.ts';
import {
  agentHealth,
  agentHost,
  agentMembers,
  agentMonitor,
  agentSelf,
  readMetrics,
} from '../../api/nomad/agent-routes.ts';
import { hostStats } from '../../api/nomad/client-routes.ts';
import {
  autopilotHealth,
  listRegions,
  raftConfiguration,
  readSchedulerConfig,
  statusLeader,
  statusPeers,
} from '../../api/nomad/cluster-routes.ts';
import { listDeployments } from '../../api/nomad/deployment-routes.ts';
import { listJobs } from '../../api/nomad/job-routes.ts';
import { listNodes, readNode } from '../../api/nomad/node-routes.ts';
import { lintState } from '../../api/nomad/planning-routes.ts';
import { listNamespaces, listNodePools } from '../../api/nomad/tenancy-routes.ts';
import type { AnyRoute, Route } from '../../api/route.ts';
import type { QueryFields } from '../../api/query.ts';
import { parseDuration } from '../../base/duration.ts';
import { explain, Failure } from '../../base/failure.ts';
import { writeJson } from '../../base/json.ts';
import { writeTar } from '../../core/archive/tar.ts';
import { flag, type Command, type Flag, type Invocation } from '../command.ts';
import { timestamp } from '../format/time.ts';
import { openSession, withApiFlags, type Session } from '../session.ts';

/** Nodes that are looked at one by one: of a large cluster some are enough to see what is wrong. */
const NODES_MAX = 20;

/** Of the log [characters]: some hours of a busy server. */
const LOG_LENGTH_MAX = 64 * 1024 * 1024;

const DURATION: Flag = flag.string(
  'duration',
  '<duration>',
  'How long to watch the log and the figures; 10s unless given.',
);

export const operatorDebug: Command = {
  name: 'operator debug',
  aliases: ['debug'],
  summary: 'Gather what one needs to help with a cluster into one file',
  description:
    'Asks the agent about itself, the servers, nodes, jobs and what became of them, watches its log and its figures for a while, and packs all of it (.tar.gz). Secrets, variables and what tasks print are not among it. What could not be had is told in index.json.',
  arguments: [],
  flags: withApiFlags(
    DURATION,
    flag.string('interval', '<duration>', 'How often to take the figures; 5s unless given.'),
    flag.string('log-level', '<level>', 'Of the log: trace, debug, info, warn; debug.'),
    flag.string('output', '<path>', 'The file to write; named after the time unless given.'),
  ),
  examples: [{ line: 'muster operator debug -duration 1m', says: 'A minute of it:' }],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const watch = watchOf(invocation);
    const { flags } = invocation;
    const stamp = timestamp(world.now()).replaceAll(':', '');
    const path = flags.text('output') ?? `muster-debug-${stamp}.tar.gz`;
    const bundle = new Bundle(session, `muster-debug-${stamp}`);
    world.out('Asking the agent about the cluster\n');
    await bundle.gather();
    world.out(`Watching for ${watch.durationMs / 1_000} s\n`);
    await bundle.watch(watch);
    await world.files.writeBytes(path, await gzipped(bundle.pack()));
    world.out(`Wrote ${path}\n`);
    return 0;
  },
};

interface Watch {
  readonly durationMs: number;
  readonly intervalMs: number;
  readonly level: string;
}

/** Fails: `invalid`. */
function watchOf({ flags }: Invocation): Watch {
  const durationMs = durationOf(flags.text('duration') ?? '10s', 'duration');
  const intervalMs = durationOf(flags.text('interval') ?? '5s', 'interval');
  if (intervalMs <= 0) throw new Failure('invalid', '-interval must be longer than nothing');
  return { durationMs, intervalMs, level: flags.text('log-level') ?? 'debug' };
}

function durationOf(typed: string, name: string): number {
  const ms = parseDuration(typed);
  if (ms !== undefined && ms >= 0) return ms;
  throw new Failure('invalid', `-${name} is a duration such as 30s, got "${typed}"`);
}

/** What is asked once, by the name of its file. */
const ASKED: readonly (readonly [file: string, route: AnyRoute])[] = [
  ['agent/self', agentSelf],
  ['agent/health', agentHealth],
  ['agent/host', agentHost],
  ['cluster/members', agentMembers],
  ['cluster/leader', statusLeader],
  ['cluster/peers', statusPeers],
  ['cluster/regions', listRegions],
  ['cluster/raft', raftConfiguration],
  ['cluster/autopilot', autopilotHealth],
  ['cluster/scheduler', readSchedulerConfig],
  ['cluster/namespaces', listNamespaces],
  ['cluster/node-pools', listNodePools],
  ['cluster/lint', lintState],
  ['state/nodes', listNodes],
  ['state/jobs', listJobs],
  ['state/allocs', listAllocs],
  ['state/evals', listEvals],
  ['state/deployments', listDeployments],
];

/** A route without names in its path, whatever it answers. */
type Askable = Route<string, QueryFields, undefined>;

class Bundle {
  readonly #session: Session;
  readonly #folder: string;
  readonly #files: { name: string; bytes: Uint8Array }[] = [];
  readonly #missing: { file: string; why: string }[] = [];

  constructor(session: Session, folder: string) {
    this.#session = session;
    this.#folder = folder;
  }

  async gather(): Promise<void> {
    const { api, world } = this.#session;
    const everywhere = api.with({ namespace: '*' });
    for (const [file, route] of ASKED) {
      await this.#keep(`${file}.json`, () => asked(everywhere, route as Askable, world.signal));
    }
    const nodes = await api.call(listNodes, {}, world.signal);
    for (const { id } of nodes.slice(0, NODES_MAX)) {
      await this.#keep(`nodes/${id}/node.json`, async () => {
        const node = await api.call(readNode, { params: { id } }, world.signal);
        return jsonOf(readNode, node);
      });
      await this.#keep(`nodes/${id}/stats.json`, async () => {
        const stats = await api.call(hostStats, { query: { nodeId: id } }, world.signal);
        return jsonOf(hostStats, stats);
      });
    }
  }

  /** Takes the figures now and then while the log is followed. */
  async watch({ durationMs, intervalMs, level }: Watch): Promise<void> {
    const { world } = this.#session;
    const end = new AbortController();
    const log = this.#keep('monitor.log', () => this.#follow(level, end.signal));
    const untilMs = world.uptimeMs() + durationMs;
    for (let n = 1; ; n++) {
      const name = `metrics/${String(n).padStart(3, '0')}.json`;
      await this.#keep(name, () => this.#metrics());
      const left = untilMs - world.uptimeMs();
      if (left <= 0 || world.signal.aborted || n * intervalMs >= durationMs) break;
      await world.sleep(Math.min(intervalMs, left), world.signal);
    }
    end.abort();
    await log;
  }

  pack(): Uint8Array {
    const missing = { Missing: this.#missing.map(({ file, why }) => ({ File: file, Why: why })) };
    this.#add('index.json', `${writeJson(missing, 4)}\n`);
    return writeTar(this.#files);
  }

  async #keep(file: string, text: () => Promise<string>): Promise<void> {
    try {
      this.#add(file, await text());
    } catch (error) {
      if (!(error instanceof Failure) || this.#session.world.signal.aborted) throw error;
      this.#missing.push({ file, why: explain(error) });
    }
  }

  #add(file: string, text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#files.push({ name: `${this.#folder}/${file}`, bytes });
  }

  /** The log until the signal aborts: what came by then is what counts. */
  async #follow(level: string, signal: AbortSignal): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const { bytes } of this.#session.api.lines(
        agentMonitor,
        { query: { level } },
        signal,
      )) {
        if (text.length < LOG_LENGTH_MAX) text += decoder.decode(bytes, { stream: true });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return text;
  }

  async #metrics(): Promise<string> {
    const { api, world } = this.#session;
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of await api.bytes(readMetrics, { query: {} }, world.signal)) {
      text += decoder.decode(bytes, { stream: true });
    }
    return text;
  }
}

async function asked(api: Api, route: Askable, signal: AbortSignal): Promise<string> {
  return jsonOf(route, await api.call(route, {}, signal));
}

function jsonOf(route: Pick<AnyRoute, 'reply'>, value: unknown): string {
  const wire = route.reply === undefined ? null : route.reply.encode(value, 'full');
  return `${writeJson(wire, 4)}\n`;
}

async function gzipped(bytes: Uint8Array): Promise<Uint8Array> {
  const plain = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const packed = plain.pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
