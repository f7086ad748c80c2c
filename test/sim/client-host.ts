/**
 * One machine with a client on it. The machine, its disk and its tasks outlive the client; the
 * client may be killed, the machine may lose power, and both come back.
 */
import type { Random } from '../../src/base/random.ts';
import { Client } from '../../src/client/client.ts';
import { DEFAULT_CLIENT_CONFIG, type ClientConfig } from '../../src/client/config.ts';
import type { NodeId } from '../../src/core/model/ids.ts';
import { createIdSource } from '../../src/core/scheduler/draw-id.ts';
import type { ServerLink } from '../../src/ports/server-link.ts';
import type { Service } from '../../src/ports/service.ts';
import { SimAllocData } from '../../src/sim/alloc-data.ts';
import { SimAllocDirs } from '../../src/sim/alloc-dirs.ts';
import type { SimClock } from '../../src/sim/clock.ts';
import { MachineClock } from '../../src/sim/machine-clock.ts';
import { SimDriver, SimTasks } from '../../src/sim/driver.ts';
import { SimFingerprinter } from '../../src/sim/fingerprinter.ts';
import { SimArtifacts } from '../../src/sim/artifacts.ts';
import { SimRegistrar } from '../../src/sim/registrar.ts';
import { SimTemplateSource } from '../../src/sim/template-source.ts';
import { SimNetworks } from '../../src/sim/networks.ts';
import { SimPreviousAllocs } from '../../src/sim/previous-allocs.ts';
import { SimProcess } from '../../src/sim/process.ts';
import { SimStateFiles } from '../../src/sim/state-files.ts';
import { drawDriftPpm } from './drift.ts';

/** The servers as one life of a client sees them. */
export interface Connected {
  readonly servers: ServerLink;
  /** What finds them, where that is not the network's own doing. */
  readonly link?: Service;
}

export interface ClientHostDeps {
  readonly clock: SimClock;
  readonly random: Random;
  readonly connect: (host: string, process: SimProcess) => Connected;
  /** Its process has ended, and with it all connections. */
  readonly gone: (host: string) => void;
  readonly note: (line: string) => void;
  /** A promise of the host broke: the run is over. */
  readonly broken: (error: unknown) => void;
}

export class ClientHost {
  readonly name: string;
  readonly tasks: SimTasks;
  /** How far its clock was set ahead [ms]. */
  skewMs = 0;
  /** At its own pace. */
  readonly clock: MachineClock;
  readonly files = new SimStateFiles();
  readonly #dirs: SimAllocDirs;
  readonly #networks = new SimNetworks();
  readonly #fingerprinter = new SimFingerprinter();
  readonly #config: ClientConfig;
  readonly #deps: ClientHostDeps;
  #process = new SimProcess('never started');
  #client: Client | undefined;
  #stop = new AbortController();
  /** Of all its lives: who is killed never hears of it, yet Node keeps who listens. */
  readonly #stops: AbortController[] = [];
  #lives = 0;
  #boots = 0;
  /** Asked to start while it was still ending. */
  #comesBack = false;
  #nodeId: NodeId | undefined;
  #wasFull = false;

  constructor(name: string, config: Partial<ClientConfig>, deps: ClientHostDeps) {
    this.name = name;
    this.#deps = deps;
    this.clock = new MachineClock(deps.clock, drawDriftPpm(deps.random.fork('drift')));
    this.#config = { ...DEFAULT_CLIENT_CONFIG, name, ...config };
    this.tasks = new SimTasks(deps.clock, deps.random.fork(`${name}/tasks`));
    this.#dirs = new SimAllocDirs(deps.clock);
  }

  get isUp(): boolean {
    return this.#client !== undefined;
  }

  /** As of now, or of the last time that it was up; undefined before it was drawn. */
  get nodeIdNow(): NodeId | undefined {
    return this.#client?.nodeId ?? this.#nodeId;
  }

  start(): void {
    if (this.isUp) {
      this.#comesBack = this.#stop.signal.aborted;
      return;
    }
    this.#comesBack = false;
    this.#wasFull = this.files.full;
    const life = `${this.name}/${this.#lives++}`;
    const process = new SimProcess(life);
    const { servers, link } = this.#deps.connect(this.name, process);
    const client = this.#makeClient(process, servers);
    this.#process = process;
    this.#client = client;
    this.#stop = new AbortController();
    this.#stops.push(this.#stop);
    const { signal } = this.#stop;
    link?.run(signal).catch((error: unknown) => process.isAlive && this.#deps.broken(error));
    client.run(signal).then(
      () => {
        if (!process.isAlive) return;
        this.#remember();
        this.#client = undefined;
        if (this.#comesBack) this.start();
      },
      (error: unknown) => process.isAlive && this.#deps.broken(error),
    );
  }

  /** SIGTERM: the client ends by itself, its tasks go on. */
  stop(): void {
    if (this.#wasFull) this.losePower();
    else this.#stop.abort();
  }

  /** Its disk has no room, until `free`. */
  fillDisk(): void {
    this.files.full = true;
    this.#wasFull = true;
  }

  freeDisk(): void {
    this.files.full = false;
  }

  /**
   * `kill -9` of the client: its tasks go on. Where the disk was full it may know nothing of tasks
   * that it started: a known gap, so then the whole machine goes down.
   */
  kill(): void {
    if (this.#wasFull) this.losePower();
    else this.#fall();
  }

  /** SIGSTOP of the client: its tasks go on. */
  pause(): void {
    this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
  }

  /** The run is over: lets go of everything. */
  end(): void {
    this.#process.kill();
    for (const stop of this.#stops) stop.abort();
  }

  #fall(): void {
    this.#remember();
    this.#process.kill();
    this.#deps.gone(this.name);
    this.#client = undefined;
  }

  /** The machine goes dark: tasks too, and what was not on the medium. */
  losePower(): void {
    this.#fall();
    this.#boots += 1;
    this.tasks.loseAll();
    this.files.losePower(this.#deps.random.fork(`${this.name}/power/${this.#lives}`));
  }

  /** The node's id stands as soon as it is drawn, also where its client died right after. */
  #remember(): void {
    this.#nodeId = this.nodeIdNow;
  }

  #makeClient(process: SimProcess, servers: ServerLink): Client {
    const { clock, random, note } = this.#deps;
    const ownClock = process.clock(this.clock, () => this.skewMs);
    const driver = new SimDriver('sim', { tasks: this.tasks, clock });
    return new Client(this.#config, {
      clock: ownClock,
      bootId: `${this.name}/${this.#boots}`,
      random: random.fork(process.name),
      servers,
      drivers: [process.fence(driver)],
      files: process.fence(this.files),
      dirs: process.fence(this.#dirs),
      data: process.fence(new SimAllocData(this.#dirs)),
      previous: new SimPreviousAllocs(),
      networks: process.fence(this.#networks),
      fingerprinter: process.fence(this.#fingerprinter),
      registrar: new SimRegistrar(),
      templates: new SimTemplateSource(),
      artifacts: new SimArtifacts(),
      drawId: createIdSource(`${process.name}/${random.next()}`),
      log: (line) => process.isAlive && note(`${this.name} ${line}`),
    });
  }
}
