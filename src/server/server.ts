/**
 * The server role: log, state, reads, and, while it leads, the loops that decide.
 *
 * V1: only the leader decides, hears heartbeats and runs controllers; entries carry preconditions,
 *     so that a deposed leader's last words do no harm.
 * V2: it stops everything it started before `run` resolves.
 */
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { soon } from '../base/soon.ts';
import type { Controller } from '../core/controllers/controller.ts';
import { deploymentController } from '../core/controllers/deployment.ts';
import { drainController } from '../core/controllers/drain.ts';
import { GC_INTERVAL_MS, GC_THRESHOLDS, findGarbage } from '../core/controllers/gc.ts';
import type { GcThresholds } from '../core/controllers/gc.ts';
import { periodicController } from '../core/controllers/periodic.ts';
import { HEARTBEAT_GRACE_MS, HEARTBEAT_TTL_MS_MIN, HEARTBEATS_PER_SECOND } from '../core/limits.ts';
import type { SchedulerConfig } from '../core/model/scheduler-config.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { DEFAULT_CONFIG_ROW } from '../core/state/state.ts';
import type { AlarmClock } from '../ports/clock.ts';
import type { Evaluations } from '../ports/evaluations.ts';
import type { Log } from '../ports/log.ts';
import type { PreviousAllocs } from '../ports/previous-allocs.ts';
import type { ServerLink } from '../ports/server-link.ts';
import type { Service } from '../ports/service.ts';
import { isAborted } from '../run/aborted.ts';
import { keepRunning } from '../run/keep-running.ts';
import { catalogOperations } from './catalog-operations.ts';
import { ChangeLog } from './change-log.ts';
import {
  allocOperations,
  clusterOperations,
  deploymentOperations,
  nodeOperations,
} from './cluster-operations.ts';
import { ControllerLoop } from './controller-loop.ts';
import { Decider } from './decider.ts';
import { Heartbeats } from './heartbeats.ts';
import { jobOperations } from './job-operations.ts';
import { KeyExpiry } from './key-expiry.ts';
import { kvOperations } from './kv-operations.ts';
import { NodeLink } from './node-link.ts';
import type { Operations, ServerStats } from './operations.ts';
import { ParkedReads } from './parked-reads.ts';
import { ServerPreviousAllocs, type PreviousAllocsDeps } from './previous-allocs.ts';
import type { Replica } from './replica.ts';
import { SchedulingWorker } from './scheduling-worker.ts';
import { SessionTimers } from './session-timers.ts';
import { planningOperations } from './planning-operations.ts';
import { rolloutOperations } from './rollout-operations.ts';
import { snapshotOperations } from './snapshot-operations.ts';
import { tenancyOperations } from './tenancy-operations.ts';
import { variableOperations } from './variable-operations.ts';

export interface ServerOptions {
  /** The shortest time between a node's heartbeats [ms]; absent: `HEARTBEAT_TTL_MS_MIN`. */
  readonly heartbeatTtlMsMin?: number;
  /** How long a silent node is waited for beyond that [ms]; absent: `HEARTBEAT_GRACE_MS`. */
  readonly heartbeatGraceMs?: number;
  /** Heartbeats of all nodes together in a second; absent: `HEARTBEATS_PER_SECOND`. */
  readonly heartbeatsPerSecondMax?: number;
  /** Absent: `GC_THRESHOLDS`, looked for every `GC_INTERVAL_MS`. */
  readonly gc?: { readonly intervalMs: number; readonly thresholds: GcThresholds };
  /** What a cluster begins with, until an operator says otherwise; absent: the built-in one. */
  readonly scheduler?: SchedulerConfig;
}

export interface ServerDeps {
  /** Calls `replica.apply` for each entry. */
  readonly log: Log<Entry, Outcome>;
  readonly replica: Replica;
  readonly clock: AlarmClock;
  readonly random: Random;
  /** Draws a UUID. */
  readonly newId: () => string;
  /** Takes a line for the agent's log. */
  readonly note: (line: string) => void;
  /** Addresses of the servers, for clients to fail over to. */
  readonly servers: () => readonly string[];
  /** Whether any server leads; absent: this one, or nobody. */
  readonly isLed?: () => boolean;
  /** How old what this server answers may be [ms]; absent: it is as new as it can be. */
  readonly staleMs?: () => number;
  /** Those of whoever leads, to help with while this server does not; absent: nobody else. */
  readonly evaluations?: Evaluations;
  /** What else runs as long as the server does: the checkpoint's writer. */
  readonly companions?: readonly Service[];
}

export class Server implements Service {
  readonly name = 'server';
  readonly operations: Operations;
  readonly link: ServerLink;
  readonly #options: ServerOptions;
  readonly #deps: ServerDeps;
  readonly #decider: Decider;
  /** Decides for whoever leads, where that is another server. */
  readonly #helper: SchedulingWorker | undefined;
  readonly #heartbeats: Heartbeats;
  readonly #sessionTimers: SessionTimers;
  readonly #parked: ParkedReads;
  #isLeading = false;

  constructor(options: ServerOptions, deps: ServerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#decider = new Decider(deps);
    const { evaluations } = deps;
    this.#helper = evaluations && new SchedulingWorker({ ...deps, evaluations });
    this.#heartbeats = new Heartbeats(
      {
        ttlMsMin: options.heartbeatTtlMsMin ?? HEARTBEAT_TTL_MS_MIN,
        graceMs: options.heartbeatGraceMs ?? HEARTBEAT_GRACE_MS,
        perSecondMax: options.heartbeatsPerSecondMax ?? HEARTBEATS_PER_SECOND,
      },
      deps,
    );
    this.#sessionTimers = new SessionTimers(deps);
    this.#parked = new ParkedReads(deps);
    const { servers } = deps;
    this.link = new NodeLink({ ...deps, heartbeats: this.#heartbeats, servers });
    this.operations = this.#makeOperations(new ChangeLog(deps));
  }

  /** Evaluations for workers of other servers, while this one leads. */
  get evaluations(): Evaluations {
    return this.#decider.queue.forOthers();
  }

  /** Serves until `signal` aborts. Does not close the log, which others may still read. */
  async run(signal: AbortSignal): Promise<void> {
    const companions = (this.#deps.companions ?? []).map((each) => this.#keep(each, signal));
    await this.#follow(signal);
    await Promise.all(companions);
  }

  /** Starts and stops the leader's loops with the leadership (V1), and a follower's. */
  async #follow(signal: AbortSignal): Promise<void> {
    let part: { readonly stop: AbortController; readonly done: Promise<unknown> } | undefined;
    const end = async (): Promise<void> => {
      this.#isLeading = false;
      part?.stop.abort();
      await part?.done;
      part = undefined;
    };
    for await (const { leading: isLeading } of this.#deps.log.leadership(signal)) {
      await end();
      const stop = new AbortController();
      part = { stop, done: isLeading ? this.#lead(stop.signal) : this.#help(stop.signal) };
      this.#isLeading = isLeading;
    }
    await end();
  }

  /** Decides evaluations for whoever leads. */
  async #help(signal: AbortSignal): Promise<void> {
    if (this.#helper !== undefined) await this.#keep(this.#helper, signal);
  }

  async #lead(signal: AbortSignal): Promise<void> {
    await this.#settle();
    const loops: readonly Service[] = [
      this.#decider,
      this.#heartbeats,
      this.#sessionTimers,
      new KeyExpiry(this.#deps),
      ...CONTROLLERS.map((each) => new ControllerLoop(each, this.#deps)),
      { name: 'garbage', run: (stop) => this.#collectGarbage(stop) },
    ];
    await Promise.all(loops.map((each) => this.#keep(each, signal)));
  }

  /** Writes down what the configuration says of scheduling, once in the cluster's life. */
  async #settle(): Promise<void> {
    const { replica, log, clock } = this.#deps;
    const config = this.#options.scheduler;
    const settled = replica.state.configRow() !== DEFAULT_CONFIG_ROW;
    if (config === undefined || settled) return;
    await log.append([{ type: 'scheduler.config', at: clock.now(), config }]);
  }

  /** Looks for garbage now and then, and takes it out an entry at a time. */
  async #collectGarbage(signal: AbortSignal): Promise<void> {
    const { clock, note } = this.#deps;
    const { intervalMs, thresholds } = this.#options.gc ?? DEFAULT_GC;
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal);
      try {
        await this.#reap(thresholds, signal);
      } catch (error) {
        note(`garbage: ${explain(error)}`);
      }
    }
  }

  async #reap(thresholds: GcThresholds, signal: AbortSignal): Promise<void> {
    const { clock, replica, log } = this.#deps;
    while (!isAborted(signal)) {
      const garbage = findGarbage(replica.state, clock.now(), thresholds);
      if (garbage === undefined) return;
      await log.append([garbage], signal);
    }
  }

  #keep(service: Service, signal: AbortSignal): Promise<void> {
    const { clock, random, note } = this.#deps;
    return keepRunning(service, { clock, random: random.fork(service.name), log: note }, signal);
  }

  /**
   * What clients ask of the predecessors of their allocations, from this server's own state.
   *
   * @param clientOf the way to a node, over this server or another one
   */
  previousAllocs(clientOf: PreviousAllocsDeps['clientOf']): PreviousAllocs {
    const { replica } = this.#deps;
    return new ServerPreviousAllocs({ replica, parked: this.#parked, clientOf });
  }

  #makeOperations(changes: ChangeLog): Operations {
    const deps = { ...this.#deps, decider: this.#decider };
    return {
      snapshot: () => this.#deps.replica.state,
      query: (read, options, signal) =>
        soon(this.#parked.query(read, options, signal), ({ value, index }) => ({
          value,
          index,
          lastContactMs: this.#isLeading ? 0 : (this.#deps.staleMs?.() ?? 0),
          knownLeader: this.#isLeading || this.#deps.isLed?.() === true,
        })),
      changes: (from, signal) => changes.read(from, signal),
      stats: () => this.#stats(),
      catalog: catalogOperations(deps),
      kv: kvOperations({ ...deps, timers: this.#sessionTimers }),
      variables: variableOperations(deps),
      planning: planningOperations(deps),
      tenancy: tenancyOperations(deps),
      rollouts: rolloutOperations(deps),
      snapshots: snapshotOperations(deps),
      ...jobOperations(deps),
      ...allocOperations(deps),
      ...deploymentOperations(deps),
      ...nodeOperations(deps),
      ...clusterOperations(deps),
    };
  }

  #stats(): ServerStats {
    const { state } = this.#deps.replica;
    return {
      leading: this.#isLeading,
      index: state.index,
      stateHash: state.hash,
      broker: this.#decider.stats(),
      decided: this.#decider.decided + (this.#helper?.decided ?? 0),
      parkedQueries: this.#parked.size,
      rows: state.counts(),
    };
  }
}

const CONTROLLERS: readonly Controller[] = [
  deploymentController,
  drainController,
  periodicController,
];

const DEFAULT_GC = { intervalMs: GC_INTERVAL_MS, thresholds: GC_THRESHOLDS };
