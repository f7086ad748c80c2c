/**
 * The OCI runtime of this machine: which one, whether it can be used here, and how it is called.
 */
import type { TaskCgroups } from '../../cgroup/task-cgroups.ts';
import type { Hierarchies } from '../../cgroup/hierarchy.ts';
import { findProgram } from '../process/lookup.ts';
import { Versions } from '../process/version.ts';

export interface Runtime {
  readonly name: 'runc' | 'crun';
  readonly path: string;
  readonly version: string;
}

export type FoundRuntime = Runtime | { readonly whyNot: string };

/** By preference: while it waits for a container, crun takes a fifth of runc's memory. */
const NAMES = ['crun', 'runc'] as const;

/** Finds the runtime that can be used here. */
export class RuntimeFinder {
  readonly #cgroups: TaskCgroups;
  readonly #hybrid: boolean;
  readonly #versions = new Versions();

  constructor(cgroups: TaskCgroups, hierarchies: Hierarchies) {
    this.#cgroups = cgroups;
    this.#hybrid = hierarchies.unified !== undefined && Object.keys(hierarchies.v1).length > 0;
  }

  /** Whether there is one to be tried, without running anything. */
  isPresent(): boolean {
    if (process.getuid?.() !== 0 || this.#cgroups.whyNot !== undefined) return false;
    return NAMES.some((name) => this.#whyNot(name) === undefined && findProgram(name));
  }

  async find(): Promise<FoundRuntime> {
    if (process.getuid?.() !== 0) return { whyNot: 'the agent does not run as root' };
    if (this.#cgroups.whyNot !== undefined) return { whyNot: this.#cgroups.whyNot };
    const reasons: string[] = [];
    for (const name of NAMES) {
      const path = findProgram(name);
      const whyNot = path === undefined ? 'not found' : this.#whyNot(name);
      if (path === undefined || whyNot !== undefined) reasons.push(`${name}: ${whyNot ?? ''}`);
      else {
        const told = await this.#versions.ask(path, ['--version']);
        const version = /version (\S+)/.exec(told ?? '')?.[1];
        if (version !== undefined) return { name, path, version };
        reasons.push(`${name}: tells no version`);
      }
    }
    return { whyNot: `no OCI runtime can be used (${reasons.join('; ')})` };
  }

  #whyNot(name: Runtime['name']): string | undefined {
    return name === 'crun' && this.#hybrid
      ? 'sets no limits where cgroups v1 and v2 are mixed'
      : undefined;
  }
}

/** Its state of running containers: lost with the machine's start, as the containers are. */
const STATE_DIR = '/run/muster/oci';

/** Arguments that every call of the runtime begins with. */
export function runtimeArgv(path: string): readonly string[] {
  return [path, '--root', STATE_DIR];
}

/** Runs the container in the foreground; the process ends with the container, and as it does. */
export function runArgv(
  runtime: Pick<Runtime, 'name' | 'path'>,
  id: string,
  bundle: string,
): readonly string[] {
  return [
    ...runtimeArgv(runtime.path),
    '--log',
    `${bundle}/log`,
    'run',
    // v1 counts kills for want of memory in the container's own cgroup only, which has to stay.
    ...(runtime.name === 'runc' ? ['--keep'] : []),
    '--bundle',
    bundle,
    '--pid-file',
    `${bundle}/pid`,
    id,
  ];
}
