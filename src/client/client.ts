/**
 * The client role: runs on this machine what the servers gave it, and tells them how it goes.
 *
 * CL1: tasks do not notice its end, however it comes; the next start finds them again.
 * CL2: servers that are away change nothing for what runs, unless its job says so.
 */
import { setMaxListeners } from 'node:events';
import { Bug } from '../base/assert.ts';
import type { Index, Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { NodeFacts } from '../core/model/node.ts';
import type { AllocData } from '../ports/alloc-data.ts';
import type { DynamicMeta } from '../core/runner/node-meta.ts';
import { computedClass } from '../core/runner/node-class.ts';
import { completeList } from '../core/runner/assignments.ts';
import { awayMs, Silence } from '../core/runner/silence.ts';
import type { AllocDirs } from '../ports/alloc-dir.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { Clock } from '../ports/clock.ts';
import type { Driver } from '../ports/driver.ts';
import type { Fingerprinter } from '../ports/fingerprint.ts';
import type { AllocNetworks } from '../ports/network.ts';
import type { PreviousAllocs } from '../ports/previous-allocs.ts';
import type { Assignment, ServerLink } from '../ports/server-link.ts';
import type { Service } from '../ports/service.ts';
import type { TemplateSource } from '../ports/template-source.ts';
import type { StateFiles } from '../ports/state-files.ts';
import { isAborted } from '../run/aborted.ts';
import { Allocs } from './allocs.ts';
import type { ClientConfig } from './config.ts';
import { Heart } from './heart.ts';
import { ArtifactsHook } from './hooks/artifacts.ts';
import { TemplatesHook } from './hooks/templates.ts';
import { allocHooks, taskHooks } from './hooks/recipe.ts';
import { AllocLink } from './link.ts';
import { MARK_MS, OwnTime } from './own-time.ts';
import { NodeMeta } from './node-meta.ts';
import type { AllocRegistrar } from './offers.ts';
import { fingerprintDrivers, isSameNode, registration } from './registration.ts';
import { Reporter } from './reporter.ts';
import { ClientStore, type Identity } from './store.ts';

export interface ClientDeps {
  readonly clock: Clock;
  /** Names the start of the machine since which `clock.elapsedMs` counts; absent: it does not. */
  readonly bootId?: string;
  readonly random: Random;
  readonly servers: ServerLink;
  readonly drivers: readonly Driver[];
  readonly files: StateFiles;
  readonly dirs: AllocDirs;
  readonly data: AllocData;
  readonly previous: PreviousAllocs;
  readonly networks: AllocNetworks;
  readonly fingerprinter: Fingerprinter;
  readonly registrar: AllocRegistrar;
  readonly artifacts: Artifacts;
  readonly templates: TemplateSource;
  /** Draws a UUID. */
  readonly drawId: () => string;
  readonly log: (line: string) => void;
}

/** How long one question for allocations stays open [ms]. Source: Nomad's blocking queries. */
const PULL_MS = 300_000;
/** It need be told only what is new to it. */
const HOLDS = { brief: true, changes: true } as const;
/** Shortest time between two questions that were answered without news [ms]. */
const PULL_MS_MIN = 100;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
/** How often the silence of the servers is measured [ms]. */
const SILENCE_MS = 1_000;
/** What a driver may take beyond a task's own grace when everything is ended [ms]. */
const END_SLACK_MS = 15_000;

export class Client implements Service {
  readonly name = 'client';
  readonly link: ClientLink;
  readonly #config: ClientConfig;
  readonly #deps: ClientDeps;
  readonly #store: ClientStore;
  readonly #heart: Heart;
  readonly #reporter: Reporter;
  readonly #allocs: Allocs;
  readonly #templates: TemplatesHook;
  readonly #time: OwnTime;
  readonly #meta: NodeMeta;
  #node: NodeFacts | undefined;
  #silence: Silence;
  /** Of what is on disk, on the client's own time. */
  #heardAt: Millis | undefined;

  constructor(config: ClientConfig, deps: ClientDeps) {
    const { clock, random, log, dirs, networks, servers } = deps;
    const node = (): NodeFacts => this.#known();
    this.#config = config;
    this.#deps = deps;
    this.#store = new ClientStore(deps.files, log);
    const time = new OwnTime(clock, deps.bootId);
    this.#time = time;
    this.#meta = new NodeMeta(config.meta, this.#store);
    this.#silence = new Silence(clock.elapsedMs(), undefined);
    this.#heart = new Heart({
      ...{ clock: time.clock, random: random.fork('heart'), servers, node, log },
      onHeard: (nextMs) => this.#silence.heard(clock.elapsedMs(), nextMs),
    });
    this.#reporter = new Reporter({
      clock,
      random: random.fork('reporter'),
      log,
      send: (updates, signal) => servers.updateAllocs(node().id, node().secretId, updates, signal),
    });
    this.#templates = new TemplatesHook({
      ...{ dirs, time, log, source: deps.templates, random: random.fork('templates') },
      policy: config.templates,
    });
    const drivers = new Map(deps.drivers.map((driver) => [driver.name, driver]));
    const hookDeps = {
      dirs,
      networks,
      drivers,
      nodeId: () => node().id,
      hostVolumes: config.hostVolumes,
      artifacts: new ArtifactsHook(deps.artifacts, clock),
      templates: this.#templates,
      ...{ data: deps.data, previous: deps.previous },
      proof: () => ({ nodeId: node().id, secretId: node().secretId }),
      isHere: (id: Parameters<Allocs['isHere']>[0]) => this.#allocs.isHere(id),
      awaitEnd: (id: Parameters<Allocs['awaitEnd']>[0], signal: AbortSignal) =>
        this.#allocs.awaitEnd(id, signal),
      hasEnded: (id: Parameters<Allocs['hasEnded']>[0]) => this.#allocs.hasEnded(id),
      clock,
    };
    this.#allocs = new Allocs(
      config,
      {
        clock,
        time,
        random: random.fork('allocs'),
        store: this.#store,
        dirs,
        drivers,
        allocHooks: allocHooks(hookDeps),
        taskHooks: taskHooks(hookDeps),
        node,
        report: (update, urgent) => this.#reporter.report(update, urgent),
        registrar: deps.registrar,
        log,
      },
      this.#reporter,
    );
    this.link = new AllocLink({
      ...{ ...deps, allocs: this.#allocs },
      nodeMeta: () => this.#meta.told(),
      changeNodeMeta: (change) => this.#changeMeta(change),
    });
  }

  /** Undefined until it has been drawn or read. */
  get nodeId(): NodeId | undefined {
    return this.#node?.id;
  }

  /** What it says of itself; undefined until it has looked. */
  get node(): NodeFacts | undefined {
    return this.#node;
  }

  /** Runs once. CL1: after an abort nothing of it is left but its tasks, or not even they. */
  async run(signal: AbortSignal): Promise<void> {
    const identity = await this.#store.identity(() => this.#drawIdentity());
    await this.#time.resume(this.#store);
    await this.#attempt(() => this.#time.keep(this.#store));
    await this.#meta.restore();
    this.#node = await this.#look(identity, signal);
    await this.#allocs.restore();
    await this.#recallSilence();
    await this.#sweep();
    const stop = new AbortController();
    const all = AbortSignal.any([signal, stop.signal]);
    // Each loop waits on it, some in two ways: more than the ten after which Node suspects a leak.
    setMaxListeners(0, all);
    let broken: { readonly error: unknown } | undefined;
    const fail = (error: unknown): void => {
      broken ??= { error };
      stop.abort();
    };
    this.#allocs.onBroken = fail;
    const loops = [
      this.#heart.run(all),
      this.#reporter.run(all),
      this.#pull(all),
      this.#every(this.#config.collect.intervalMs, () => this.#allocs.collect(), all),
      this.#every(this.#config.fingerprintMs, () => this.#lookAgain(identity, all), all),
      this.#every(this.#config.collect.intervalMs, () => this.#sweepDrivers(), all),
      this.#every(SILENCE_MS, () => this.#stopSilent(), all),
      this.#every(MARK_MS, () => this.#time.keep(this.#store), all),
    ];
    await Promise.all(loops.map((loop) => loop.catch(fail)));
    if (broken === undefined && this.#config.stopTasksAtEnd) await this.#endTasks();
    await this.#templates.close();
    await this.#allocs.end();
    if (broken !== undefined) throw broken.error;
  }

  #known(): NodeFacts {
    if (this.#node === undefined) throw new Failure('unavailable', 'the client is starting');
    return this.#node;
  }

  #drawIdentity(): Identity {
    return { nodeId: this.#deps.drawId() as NodeId, secretId: this.#deps.drawId() };
  }

  async #look(identity: Identity, signal: AbortSignal): Promise<NodeFacts> {
    const { clock, drivers, fingerprinter, networks } = this.#deps;
    const [host, found, noBridge] = await Promise.all([
      fingerprinter.read(signal),
      fingerprintDrivers(drivers, clock.now(), signal),
      networks.unavailable(signal),
    ]);
    const config = { ...this.#config, meta: this.#meta.merged() };
    return registration(identity, config, { host, drivers: found, noBridge });
  }

  async #lookAgain(identity: Identity, signal: AbortSignal): Promise<void> {
    const node = await this.#look(identity, signal);
    if (signal.aborted || isSameNode(node, this.#known())) return;
    this.#node = node;
    this.#heart.registerAgain();
  }

  async #changeMeta(change: DynamicMeta): Promise<void> {
    this.#known();
    await this.#meta.change(change);
    const node = { ...this.#known(), meta: this.#meta.merged() };
    this.#node = { ...node, computedClass: computedClass(node) };
    this.#heart.registerAgain();
  }

  /** What a crash left of networks whose allocation is over. */
  async #sweep(): Promise<void> {
    try {
      await this.#deps.networks.sweep(this.#live());
    } catch (error) {
      if (error instanceof Bug) throw error;
      this.#deps.log(`client: cannot clear old networks: ${explain(error)}`);
    }
    await this.#attempt(() => this.#sweepDrivers());
  }

  /** Also while it runs: an engine that was away when an allocation ended has kept its network. */
  async #sweepDrivers(): Promise<void> {
    const { id: nodeId, drivers } = this.#known();
    for (const { name, network } of this.#deps.drivers) {
      if (drivers[name]?.healthy !== true) continue;
      await network?.sweep(nodeId, (id) => !this.#live().has(id));
    }
  }

  #live(): ReadonlySet<AllocId> {
    const live = this.#allocs.all().filter((runner) => runner.endedAt === undefined);
    return new Set(live.map((runner) => runner.id));
  }

  async #pull(signal: AbortSignal): Promise<void> {
    const { servers, clock, random, log } = this.#deps;
    let after = 0 as Index;
    /** What was answered up to there. */
    let held: readonly Assignment[] = [];
    let failures = 0;
    while (!signal.aborted) {
      await this.#heart.registered(signal);
      const askedMs = clock.elapsedMs();
      try {
        const { id: nodeId, secretId } = this.#known();
        const reply = await servers.pullAllocs(
          { nodeId, secretId, after, waitMs: PULL_MS, ...(after > 0 && HOLDS) },
          signal,
        );
        const listed = completeList(held, reply);
        if (listed === undefined) {
          after = 0 as Index;
          throw new Failure('conflict', 'the servers count on allocations that are not held here');
        }
        if (!(await this.#allocs.assign(listed))) {
          // Asked for the same news again, the servers answer at once.
          throw new Failure('exhausted', 'not all allocations could be taken over');
        }
        failures = 0;
        const early = reply.index <= after && clock.elapsedMs() - askedMs < PULL_MS_MIN;
        after = reply.index;
        held = listed;
        if (early) await clock.sleep(PULL_MS_MIN, signal);
      } catch (error) {
        if (error instanceof Bug) throw error;
        if (isAborted(signal)) return;
        if (error instanceof Failure && error.fault === 'not_found') this.#heart.registerAgain();
        if (failures === 0) log(`client: cannot ask for allocations: ${explain(error)}`);
        const most = Math.min(RETRY_MS_MIN * 2 ** failures++, RETRY_MS_MAX);
        await clock.sleep(most * (0.5 + random.next() / 2), signal);
      }
    }
  }

  async #recallSilence(): Promise<void> {
    const { clock } = this.#deps;
    this.#heardAt = await this.#store.heardAt();
    this.#silence = new Silence(clock.elapsedMs(), awayMs(this.#heardAt, this.#time.now()));
  }

  /** What is written down counts after a restart; only where somebody minds. */
  async #stopSilent(): Promise<void> {
    this.#allocs.stopSilent(this.#silence.lengthMs(this.#deps.clock.elapsedMs()));
    const { heardAt } = this.#heart;
    if (heardAt === undefined || heardAt === this.#heardAt || !this.#allocs.mindsSilence) return;
    this.#heardAt = heardAt;
    await this.#store.putHeardAt(heardAt);
  }

  async #every(ms: number, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(ms, signal);
      if (!isAborted(signal)) await this.#attempt(work);
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Bug) throw error;
      this.#deps.log(`client: ${explain(error)}`);
    }
  }

  async #endTasks(): Promise<void> {
    const over = new AbortController();
    const limitMs = this.#config.killTimeoutMsMax + END_SLACK_MS;
    const limit = this.#deps.clock.sleep(limitMs, over.signal).then(() => over.abort());
    await this.#allocs.abandonAll(over.signal);
    over.abort();
    await limit;
  }
}
