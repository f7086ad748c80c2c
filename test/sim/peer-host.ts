/**
 * The machine of one of several servers: its checkpoint outlives the server, which may be killed, ended,
 * stand still, or find its disk empty.
 */
import { runServices } from '../../src/agent/lifecycle.ts';
import type { Index } from '../../src/base/brand.ts';
import { explain, Failure } from '../../src/base/failure.ts';
import type { Apps } from '../../src/compose/cluster-parts.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { Checkpointer, restoreReplica } from '../../src/server/checkpointer.ts';
import type { Operations } from '../../src/server/operations.ts';
import { fetchState, firstIndexAfter, keepState } from '../../src/server/state-fetch.ts';
import type { State } from '../../src/core/state/state.ts';
import { SimCheckpoint } from '../../src/sim/checkpoint.ts';
import type { SimClock } from '../../src/sim/clock.ts';
import { MachineClock } from '../../src/sim/machine-clock.ts';
import { SimProcess } from '../../src/sim/process.ts';
import { drawDriftPpm } from './drift.ts';
import { Peer, type Life, type Opened, type PeerWorld } from './peer.ts';

export interface PeerHostDeps extends PeerWorld {
  readonly clock: SimClock;
  /** Entries left in the log behind a checkpoint: few, so that some servers find theirs gone. */
  readonly entriesKept: number;
  /** It ended by itself, and asks to be started after a while. */
  readonly restart: (host: PeerHost) => void;
}

export class PeerHost {
  readonly name: string;
  /** How far its clock was set ahead [ms]. */
  skewMs = 0;
  /** At its own pace. */
  readonly #clock: MachineClock;
  readonly #deps: PeerHostDeps;
  #checkpoint = newCheckpoint();
  #isFull = false;
  #isLost = false;
  #process = deadProcess();
  #stop = new AbortController();
  /** Of all its lives: who is killed never hears of it, yet Node keeps who listens. */
  readonly #stops: AbortController[] = [];
  #life: Life | undefined;
  #lives = 0;

  constructor(name: string, deps: PeerHostDeps) {
    this.name = name;
    this.#deps = deps;
    this.#clock = new MachineClock(deps.clock, drawDriftPpm(deps.random.fork('drift')));
  }

  /** Whether its machine is gone, and not yet replaced. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get isUp(): boolean {
    return this.#process.isAlive;
  }

  /** Whether it takes itself for the leader. */
  get isLeading(): boolean {
    return this.#life?.server.operations.stats().leading === true;
  }

  get operations(): Operations | undefined {
    return this.#life?.operations;
  }

  /** What its HTTP ports answer: itself, or by way of the leader. */
  get apps(): Apps | undefined {
    return this.#life?.apps;
  }

  get state(): State | undefined {
    return this.#life?.replica.state;
  }

  /** The index of the state on its disk. */
  get keptIndex(): number {
    return this.#checkpoint.index;
  }

  start(): void {
    // Asked to end, it had its time.
    if (this.#stop.signal.aborted) this.kill();
    if (this.isUp || this.#isLost) return;
    const { etcd, isManaged, broken, note, restart } = this.#deps;
    const process = new SimProcess(`${this.name}/${this.#lives++}`);
    this.#process = process;
    this.#stop = new AbortController();
    this.#stops.push(this.#stop);
    if (isManaged) etcd.setUp(this.name, true);
    this.#runAll(process, this.#stop.signal).then(
      () => this.#fall(),
      (error: unknown) => {
        if (!process.isAlive) return;
        if (!(error instanceof Failure)) broken(error);
        note(`${this.name} ends: ${explain(error)}`);
        this.#fall();
        restart(this);
      },
    );
  }

  /** `kill -9`; the member beside it dies with it. */
  kill(): void {
    if (this.isUp) this.#fall();
  }

  /** SIGTERM: it hands over and ends by itself. */
  stop(): void {
    this.#stop.abort();
  }

  /** SIGSTOP of all that runs on the machine. */
  pause(): void {
    this.#process.pause();
    if (this.#deps.isManaged) this.#deps.etcd.setPaused(this.name, true);
  }

  resume(): void {
    this.#process.resume();
    if (this.#deps.isManaged) this.#deps.etcd.setPaused(this.name, false);
  }

  /** Its disk is replaced by an empty one, while it is down. */
  wipe(): void {
    if (!this.isUp) this.#checkpoint = newCheckpoint();
  }

  /** Its machine is gone for good, with all that was on it. */
  lose(): void {
    this.kill();
    this.wipe();
    this.#isLost = true;
  }

  /** Another machine takes its place, and its name. */
  replace(): void {
    this.#isLost = false;
    this.start();
  }

  setFull(isFull: boolean): void {
    this.#isFull = isFull;
    this.#checkpoint.setFull(isFull);
  }

  /** The run is over: lets go of everything. */
  end(): void {
    this.#process.kill();
    for (const stop of this.#stops) stop.abort();
  }

  #fall(): void {
    const { links, etcd, isManaged } = this.#deps;
    this.resume();
    this.#process.kill();
    this.#life = undefined;
    links.end(this.name);
    etcd.drop(this.name);
    if (isManaged) etcd.setUp(this.name, false);
  }

  /** As `runServerAgent`: one that the log has left behind begins anew in the same process. */
  async #runAll(process: SimProcess, signal: AbortSignal): Promise<void> {
    for (let isBehind = true; isBehind && !signal.aborted;) {
      isBehind = await this.#runOnce(process, signal);
    }
  }

  async #runOnce(process: SimProcess, signal: AbortSignal): Promise<boolean> {
    const one = new Peer(this.name, process, {
      ...this.#deps,
      clock: process.clock(this.#clock, () => this.skewMs),
      world: this.#deps.clock,
      note: (line) => process.isAlive && this.#deps.note(`${this.name} ${line}`),
    });
    const early = one.begin();
    try {
      const opened = await this.#open(one, process, signal);
      this.#life = opened.life;
      try {
        await runServices(opened.services, one.deps.note, signal);
        return false;
      } catch (error) {
        if (firstIndexAfter(error) === undefined) throw error;
        one.deps.note(`begins anew: ${explain(error)}`);
        return true;
      } finally {
        this.#life = undefined;
        await opened.log.close();
      }
    } catch (error) {
      if (signal.aborted && error instanceof Failure && error.fault === 'canceled') return false;
      throw error;
    } finally {
      await early.end();
    }
  }

  /** As `openAll` of `compose/server.ts`. */
  async #open(one: Peer, process: SimProcess, signal: AbortSignal): Promise<Opened> {
    const { history, entriesKept } = this.#deps;
    for (;;) {
      const replica = restoreReplica(this.#checkpoint);
      history.joined(replica.state);
      const checkpoint = process.fence(this.#checkpoint);
      const { clock, note } = one.deps;
      const checkpointer = new Checkpointer({ checkpoint, replica, clock, note, entriesKept });
      try {
        const log = await one.openLog(replica, signal);
        checkpointer.attach(log);
        return one.join(log, replica, checkpointer);
      } catch (error) {
        const first = firstIndexAfter(error);
        if (first === undefined) throw error;
        note(`the log begins at index ${first}, after what this server has: asks the others`);
        await this.#fetch((first - 1) as Index, one, process, signal);
      }
    }
  }

  async #fetch(least: Index, one: Peer, process: SimProcess, signal: AbortSignal): Promise<void> {
    const keep = async (sent: Parameters<typeof keepState>[0]): Promise<void> => {
      const fresh = newCheckpoint();
      fresh.setFull(this.#isFull);
      await keepState(sent, process.fence(fresh));
      this.#checkpoint = fresh;
    };
    await fetchState(least, { ...one.deps, keep, sources: () => one.sources() }, signal);
  }
}

function newCheckpoint(): SimCheckpoint {
  return new SimCheckpoint(entryCodec<unknown>());
}

function deadProcess(): SimProcess {
  const process = new SimProcess('never started');
  process.kill();
  return process;
}
