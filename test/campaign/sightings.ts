/** Looks again and again which allocations' processes really run, and where. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine } from '../machines.ts';

/** How often it looks [ms]; a look reads the command line of every process. */
const LOOK_MS = 400;
/** What counts of the time between two: one that comes late had no processor, as nobody had [ms]. */
const STEP_MS_MAX = 2 * LOOK_MS;
/** Tells the processes of this campaign's tasks from all others. */
const COMMAND = /^sleep\0[\d.]*3153600\d/;

/** One process of an allocation. */
export interface Sighting {
  readonly name: string;
  readonly alloc: string;
  readonly machine: string;
}

/** Since when, and until when, two allocations of one name were seen to run beside each other. */
export interface Pair {
  readonly name: string;
  readonly machines: readonly [string, string];
  readonly from: number;
  to: number;
}

export class Sightings {
  readonly #machines: readonly Machine[];
  #isOver = false;
  #pairs = new Map<string, Pair>();

  constructor(machines: readonly Machine[]) {
    this.#machines = machines;
  }

  async run(): Promise<void> {
    let lookedMs = performance.now();
    for (let at = 0; !this.#isOver;) {
      note(this.#pairs, this.#look(), at);
      await delay(LOOK_MS);
      const nowMs = performance.now();
      at += Math.min(nowMs - lookedMs, STEP_MS_MAX);
      lookedMs = nowMs;
    }
  }

  /** What was seen of pairs. */
  stop(): readonly Pair[] {
    this.#isOver = true;
    return [...this.#pairs.values()];
  }

  #look(): readonly Sighting[] {
    return readdirSync('/proc').flatMap((pid) => {
      const command = /^\d+$/.test(pid) ? read(`/proc/${pid}/cmdline`) : '';
      return COMMAND.test(command) ? this.#sightingOf(Number(pid)) : [];
    });
  }

  #sightingOf(pid: number): readonly Sighting[] {
    const env = new Map(
      read(`/proc/${pid}/environ`)
        .split('\0')
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    const [job, name, alloc] = ['JOB_ID', 'ALLOC_NAME', 'ALLOC_ID'].map((key) => {
      return env.get(`NOMAD_${key}`);
    });
    const machine = this.#machines.find((each) => each.has(pid));
    if (job === undefined || name === undefined || alloc === undefined || !machine) return [];
    return [{ name, alloc, machine: machine.name }];
  }
}

/** Adds what one look saw to the pairs that are known. */
export function note(pairs: Map<string, Pair>, seen: readonly Sighting[], at: number): void {
  for (const [i, one] of seen.entries()) {
    for (const other of seen.slice(i + 1)) {
      if (other.name !== one.name || other.alloc === one.alloc) continue;
      const key = [one.alloc, other.alloc].sort().join();
      const known = pairs.get(key);
      const machines = [one.machine, other.machine] as const;
      if (known === undefined) pairs.set(key, { name: one.name, machines, from: at, to: at });
      else known.to = at;
    }
  }
}

/** On one machine the second waits for the first, which is no longer there at the next look [ms]. */
const SAME_MS_MAX = 2_000;

/**
 * Which pairs should not have been: two of one name on one machine, or on two for longer than it
 * takes both to hear of the change.
 *
 * @param silent machines that could not be told
 */
export function excessive(
  pairs: readonly Pair[],
  silent: ReadonlySet<string>,
  hearMs: number,
): readonly string[] {
  return pairs
    .filter(({ machines: [one, other], from, to }) => {
      if (one === other) return to - from > SAME_MS_MAX;
      return to - from > hearMs && !silent.has(one) && !silent.has(other);
    })
    .map(({ name, machines, from, to }) => {
      return `${name} twice for ${((to - from) / 1_000).toFixed(1)} s, on ${machines.join(' and ')}`;
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
