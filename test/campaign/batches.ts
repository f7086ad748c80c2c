/**
 * Work that comes to an end, each piece of which says so in a file: instances of a batch job, and
 * what a periodic job starts.
 *
 * BA1: every piece completes at least once, and none that is known to have succeeded is placed again.
 * BA2: what a task did is done once for each allocation, unless its machine ended in between.
 * BA3: nothing periodic is started while the one before it runs.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../machines.ts';
import { repeated, type Listed } from './books.ts';
import type { Cluster } from './cluster.ts';
import { insist } from './insist.ts';
import { taskGroup, untilItIsDone } from './task-group.ts';

const MARK = '31536009';
const PATIENCE_MS = 60_000;
const EVERY = '*/3 * * * * * *';

/** What may excuse things in a round. */
export interface Excuses {
  /** A machine ended, and with it what its agent had not kept yet. */
  readonly machinesEnded: boolean;
  /** No client suffered, so that no work was given up that still runs. */
  readonly isQuiet: boolean;
}

interface Line {
  readonly job: string;
  readonly name: string;
  readonly alloc: string;
  readonly what: string;
  /** [s] */
  readonly at: number;
}

export class Batches {
  /** Pieces that were judged in this round. */
  pieces = 0;
  readonly #cluster: Cluster;
  readonly #dir: string;
  #batch = '';
  #periodic = '';
  #count = 0;

  /** @param dir for the files that tasks write to */
  constructor(cluster: Cluster, dir: string) {
    this.#cluster = cluster;
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  /** @param count of the batch job's instances; 0: none. @param isPeriodic whether there is such a job */
  async begin(round: number, count: number, isPeriodic: boolean): Promise<void> {
    this.#count = count;
    this.#batch = count > 0 ? `batch-${round}` : '';
    this.#periodic = isPeriodic ? `tick-${round}` : '';
    if (this.#batch !== '') await this.#register(this.#batch, count, {});
    if (this.#periodic !== '') {
      const Periodic = { Enabled: true, SpecType: 'cron', Spec: EVERY, ProhibitOverlap: true };
      await this.#register(this.#periodic, 1, { Periodic });
    }
  }

  /** Nothing periodic is started from now on. */
  async rest(): Promise<void> {
    if (this.#periodic === '') return;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const path = `/v1/job/${this.#periodic}`;
    await insist(this.#cluster.all, path, { method: 'DELETE', signal });
  }

  /** Fails where not every piece is complete. */
  async check(server: Machine): Promise<void> {
    for (const { ID } of await this.#pieces(server)) {
      const allocs = await allocsOf(server, ID);
      const done = new Set(
        allocs.filter(({ ClientStatus }) => ClientStatus === 'complete').map(({ Name }) => Name),
      );
      const wanted = ID === this.#batch ? this.#count : 1;
      const open = allocs.filter(({ ClientStatus }) => /pending|running/.test(ClientStatus));
      if (done.size === wanted && open.length === 0) continue;
      const told = allocs.map(({ Name, ClientStatus }) => `${Name} ${ClientStatus}`).join(', ');
      throw new Error(`${ID}: ${done.size} of ${wanted} complete: ${told}`);
    }
  }

  /** What was wrong in this round. */
  async end(server: Machine, { machinesEnded, isQuiet }: Excuses): Promise<readonly string[]> {
    const wrong: string[] = [];
    this.pieces = 0;
    const lines = this.#lines();
    for (const { ID } of await this.#pieces(server)) {
      const allocs = await allocsOf(server, ID);
      wrong.push(...repeated(allocs));
      const ends = lines.filter(({ job, what }) => job === ID && what === 'end');
      const ended = new Set(ends.map(({ name }) => name));
      const names = new Set(allocs.map(({ Name }) => Name));
      this.pieces += names.size;
      for (const name of names) if (!ended.has(name)) wrong.push(`${name} never came to its end`);
      const doubles = ends.length - new Set(ends.map(({ alloc }) => alloc)).size;
      if (doubles > 0 && !machinesEnded) wrong.push(`${ID}: ${doubles} came to their end twice`);
    }
    if (isQuiet) wrong.push(...overlapping(lines.filter(({ job }) => this.#isPeriodic(job))));
    return wrong;
  }

  async #register(id: string, count: number, more: object): Promise<void> {
    const body = JSON.stringify(jobOf(id, count, join(this.#dir, id), more));
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await insist(this.#cluster.all, '/v1/jobs', { method: 'PUT', body, signal });
  }

  /** The jobs of this round that are to complete. */
  async #pieces(server: Machine): Promise<readonly { readonly ID: string }[]> {
    const jobs = (await server.json('/v1/jobs')) as readonly { readonly ID: string }[];
    return jobs.filter(({ ID }) => ID === this.#batch || this.#isPeriodic(ID));
  }

  #isPeriodic(job: string): boolean {
    return this.#periodic !== '' && job.startsWith(`${this.#periodic}/`);
  }

  #lines(): readonly Line[] {
    const files = readdirSync(this.#dir).filter((name) => {
      return name === this.#batch || name === this.#periodic;
    });
    return files.flatMap((file) => {
      const lines = readFileSync(join(this.#dir, file), 'utf8').trimEnd().split('\n');
      return lines.map((line) => {
        const [job = '', name = '', alloc = '', what = '', at = ''] = line.split(' ');
        return { job, name, alloc, what, at: Number(at) };
      });
    });
  }
}

/** Which of what was started ran beside another, from its first line to its last. */
export function overlapping(lines: readonly Line[]): readonly string[] {
  const spans = new Map<string, { from: number; to: number }>();
  for (const { job, at } of lines) {
    const known = spans.get(job) ?? { from: at, to: at };
    spans.set(job, { from: Math.min(known.from, at), to: Math.max(known.to, at) });
  }
  const sorted = [...spans].sort(([, a], [, b]) => a.from - b.from);
  return sorted.flatMap(([job, { from }], i) => {
    const [before, span] = sorted[i - 1] ?? ['', { to: 0 }];
    return span.to > from ? [`${job} began at ${from}, ${before} ended at ${span.to}`] : [];
  });
}

async function allocsOf(server: Machine, job: string): Promise<readonly Listed[]> {
  const path = `/v1/job/${encodeURIComponent(job)}/allocations`;
  return (await server.json(path)) as readonly Listed[];
}

function jobOf(id: string, count: number, file: string, more: object): object {
  const say = (what: string): string => {
    return `echo "$NOMAD_JOB_ID $NOMAD_ALLOC_NAME $NOMAD_ALLOC_ID ${what} $(date +%s.%N)" >>${file}`;
  };
  // Its length tells its processes from others.
  const script = `${say('start')}; sleep 1.${MARK}; ${say('end')}`;
  const config = { command: 'sh', args: ['-c', script] };
  const policies = untilItIsDone({ attempts: 10, intervalSeconds: 3_600, delaySeconds: 1 });
  return {
    Job: {
      ...{ ID: id, Type: 'batch', Datacenters: ['dc1'], ...more },
      TaskGroups: [taskGroup(count, config, policies)],
    },
  };
}
