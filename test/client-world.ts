/** A client on a pretended machine with pretended servers: time moves when the test says so. */
import type { Index, Millis } from '../src/base/brand.ts';
import { seeded } from '../src/base/random.ts';
import { Client } from '../src/client/client.ts';
import { DEFAULT_CLIENT_CONFIG, type ClientConfig } from '../src/client/config.ts';
import type { Alloc } from '../src/core/model/alloc.ts';
import type { AllocId, EvalId, JobId, Namespace, NodeId } from '../src/core/model/ids.ts';
import type { Job } from '../src/core/model/job.ts';
import type { TaskGroup } from '../src/core/model/task-group.ts';
import type { Task } from '../src/core/model/task.ts';
import type { Driver } from '../src/ports/driver.ts';
import type { Assignment } from '../src/ports/server-link.ts';
import { SimAllocData } from '../src/sim/alloc-data.ts';
import { SimAllocDirs } from '../src/sim/alloc-dirs.ts';
import { SimPreviousAllocs } from '../src/sim/previous-allocs.ts';
import { SimClock } from '../src/sim/clock.ts';
import { MachineClock } from '../src/sim/machine-clock.ts';
import type { SimDriverNetworks } from '../src/sim/driver-networks.ts';
import { SimDriver, SimTasks } from '../src/sim/driver.ts';
import { SimFingerprinter } from '../src/sim/fingerprinter.ts';
import { SimNetworks } from '../src/sim/networks.ts';
import { SimArtifacts } from '../src/sim/artifacts.ts';
import { SimRegistrar } from '../src/sim/registrar.ts';
import { SimTemplateSource } from '../src/sim/template-source.ts';
import { SimServers } from '../src/sim/server-link.ts';
import { SimStateFiles } from '../src/sim/state-files.ts';

/** A task of the pretended driver, as a job file with nothing but its name would give it. */
export function taskOf(name: string, more: Partial<Task> = {}): Task {
  return {
    name,
    driver: 'sim',
    user: '',
    config: {},
    env: {},
    meta: {},
    constraints: [],
    affinities: [],
    resources: {
      cpu: 100,
      cores: 0,
      memoryMb: 64,
      memoryMaxMb: 0,
      diskMb: 0,
      iops: 0,
      networks: [],
      devices: [],
    },
    services: [],
    restart: {
      attempts: 2,
      intervalMs: 1_800_000,
      delayMs: 15_000,
      mode: 'fail',
      renderTemplates: false,
    },
    artifacts: [],
    templates: [],
    logConfig: { maxFiles: 10, maxFileSizeMb: 10, disabled: false },
    killTimeoutMs: 5_000,
    killSignal: '',
    shutdownDelayMs: 0,
    leader: false,
    kind: '',
    volumeMounts: [],
    scalingPolicies: [],
    ...more,
  };
}

export function groupOf(tasks: readonly Task[], more: Partial<TaskGroup> = {}): TaskGroup {
  return {
    name: 'web',
    count: 1,
    constraints: [],
    affinities: [],
    spreads: [],
    tasks,
    networks: [],
    services: [],
    volumes: {},
    restart: tasks[0]?.restart ?? taskOf('none').restart,
    ephemeralDisk: { sizeMb: 300, sticky: false, migrate: false },
    meta: {},
    preventRescheduleOnLost: false,
    consulNamespace: '',
    ...more,
  };
}

export function jobOf(group: TaskGroup, more: Partial<Job> = {}): Job {
  return {
    id: 'echo' as JobId,
    name: 'echo',
    namespace: 'default' as Namespace,
    region: 'global',
    type: 'service',
    priority: 50,
    allAtOnce: false,
    datacenters: ['dc1'],
    nodePool: 'default',
    constraints: [],
    affinities: [],
    spreads: [],
    groups: [group],
    meta: {},
    consulToken: '',
    consulNamespace: '',
    vaultToken: '',
    vaultNamespace: '',
    payload: '',
    dispatched: false,
    dispatchIdempotencyToken: '',
    version: 0,
    stop: false,
    stable: false,
    status: 'pending',
    statusDescription: '',
    submittedAt: 0 as Millis,
    createIndex: 1 as Index,
    modifyIndex: 1 as Index,
    jobModifyIndex: 1 as Index,
    ...more,
  };
}

/** An allocation of a job's only group. */
export function assignmentOf(
  id: string,
  nodeId: NodeId,
  job: Job,
  more: Partial<Alloc> = {},
): Assignment {
  const group = job.groups[0]?.name ?? '';
  const alloc: Alloc = {
    id: id as AllocId,
    namespace: job.namespace,
    evalId: 'e' as EvalId,
    name: `${job.id}.${group}[0]`,
    nodeId,
    nodeName: 'sim',
    jobId: job.id,
    jobVersion: job.version,
    group,
    resources: { cpu: 100, memoryMb: 64, memoryMaxMb: 0, diskMb: 300, cores: [], devices: [] },
    ports: [],
    metrics: {
      nodesEvaluated: 1,
      nodesFiltered: 0,
      nodesInPool: 1,
      nodesAvailable: {},
      classFiltered: {},
      constraintFiltered: {},
      nodesExhausted: 0,
      classExhausted: {},
      dimensionExhausted: {},
      quotaExhausted: [],
      scores: [],
      allocationTimeNs: 0,
      coalescedFailures: 0,
    },
    desiredStatus: 'run',
    desiredDescription: '',
    clientStatus: 'pending',
    clientDescription: '',
    taskStates: {},
    reschedules: [],
    createdAt: 0 as Millis,
    modifiedAt: 0 as Millis,
    createIndex: 1 as Index,
    modifyIndex: 1 as Index,
    allocModifyIndex: 1 as Index,
    ...more,
  };
  return { alloc, job };
}

/** What runs on the pretended machine; it outlives its clients, and writes down what was asked of it. */
class Machine {
  readonly #clock: SimClock;
  #tasks: SimTasks;
  /** Every start that was carried out (`ALLOC.TASK.ATTEMPT`), in order. */
  readonly started: string[] = [];
  /** Signals that were sent, as `TASK SIGNAL`. */
  readonly signals: string[] = [];
  /** Set before a start: the driver makes namespaces itself. */
  network: SimDriverNetworks | undefined;

  constructor(clock: SimClock) {
    this.#clock = clock;
    this.#tasks = new SimTasks(clock, seeded('machine'));
  }

  running(): readonly string[] {
    return this.#tasks.running();
  }

  /** Ends a task from outside, as the kernel or a person would. */
  kill(id: string, exitCode: number, signal = 0): void {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new RangeError(`no task ${id}`);
    this.#tasks.end(task, { exitCode, signal, oomKilled: false });
  }

  /** As after a power cut. */
  loseAll(): void {
    this.#tasks.loseAll();
  }

  driver(): Driver {
    const driver = new SimDriver('sim', { tasks: this.#tasks, clock: this.#clock });
    const idOf = (handle: { readonly state: Readonly<Record<string, unknown>> }): string =>
      String(handle.state['id']);
    return {
      name: driver.name,
      capabilities: driver.capabilities,
      fingerprint: () => driver.fingerprint(),
      validate: (config) => driver.validate(config),
      start: async (spec, signal) => {
        const handle = await driver.start(spec, signal);
        if (!this.started.includes(idOf(handle))) this.started.push(idOf(handle));
        return handle;
      },
      recover: (handle) => driver.recover(handle),
      wait: (handle, signal) => driver.wait(handle, signal),
      signal: async (handle, signal) => {
        await driver.signal(handle, signal);
        this.signals.push(`${idOf(handle)} ${signal}`);
      },
      stop: (handle, signal, timeoutMs) => {
        this.signals.push(`${idOf(handle)} ${signal}`);
        return driver.stop(handle, signal, timeoutMs);
      },
      destroy: (handle) => driver.destroy(handle),
      stats: (handle) => driver.stats(handle),
      exec: () => driver.exec(),
      ...(this.network === undefined ? {} : { network: this.network }),
    };
  }
}

export class ClientWorld {
  readonly clock = new SimClock();
  /** The client's: to be set as one likes. */
  readonly own = new MachineClock(this.clock);
  /** Which start of its machine this is. */
  boot = 'first';
  readonly servers = new SimServers(this.clock);
  readonly machine = new Machine(this.clock);
  readonly files = new SimStateFiles();
  readonly dirs = new SimAllocDirs(this.clock);
  readonly previous = new SimPreviousAllocs();
  readonly networks = new SimNetworks();
  readonly fingerprinter = new SimFingerprinter();
  readonly registrar = new SimRegistrar();
  readonly templates = new SimTemplateSource();
  readonly artifacts = new SimArtifacts();
  readonly lines: string[] = [];
  config: ClientConfig = DEFAULT_CLIENT_CONFIG;
  client: Client;
  #stop = new AbortController();
  #running: Promise<void> | undefined;
  #ids = 0;
  #lives = 0;

  constructor(config: Partial<ClientConfig> = {}) {
    this.config = { ...DEFAULT_CLIENT_CONFIG, ...config };
    this.client = this.#newClient();
  }

  get nodeId(): NodeId {
    const { nodeId } = this.client;
    if (nodeId === undefined) throw new RangeError('the client has not started');
    return nodeId;
  }

  /** Starts the client and lets it register. */
  async start(): Promise<void> {
    this.client = this.#newClient();
    this.#stop = new AbortController();
    this.#running = this.client.run(this.#stop.signal);
    // A rejection is the test's business at its stop.
    this.#running.catch(() => undefined);
    await this.pass(50);
  }

  /** SIGTERM, or near enough `kill -9`: nothing is told to tasks. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const over = new AbortController();
    const ended = this.#running?.finally(() => over.abort());
    for (let i = 0; i < 200 && !over.signal.aborted; i++) await this.pass(500);
    await ended;
  }

  /** Lets time pass, from sleeper to sleeper. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await settle();
    for (;;) {
      const next = this.clock.nextAt();
      if (next === undefined || next > end) break;
      this.clock.advance(Math.max(0, next - this.clock.now()));
      await settle();
    }
    this.clock.advance(end - this.clock.now());
    await settle();
  }

  /** What the servers were last told of an allocation. */
  told(id: string): string {
    const update = this.servers.told(id as AllocId);
    return `${update?.clientStatus ?? 'nothing'} "${update?.clientDescription ?? ''}"`;
  }

  eventTypes(id: string, task: string): readonly string[] {
    const events = this.servers.told(id as AllocId)?.taskStates[task]?.events ?? [];
    return events.map((event) => event.type);
  }

  #newClient(): Client {
    return new Client(this.config, {
      clock: this.own,
      bootId: this.boot,
      random: seeded(`client ${this.#lives++}`),
      servers: this.servers,
      drivers: [this.machine.driver()],
      files: this.files,
      dirs: this.dirs,
      data: new SimAllocData(this.dirs),
      previous: this.previous,
      networks: this.networks,
      fingerprinter: this.fingerprinter,
      registrar: this.registrar,
      templates: this.templates,
      artifacts: this.artifacts,
      drawId: () => `id-${++this.#ids}`,
      log: (line) => this.lines.push(line),
    });
  }
}

/** Lets everything that can run now do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
