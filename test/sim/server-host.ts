/**
 * The machine of the server: its disk outlives the server, which may be killed or lose power at any
 * moment, and starts again from its checkpoint and its log.
 */
import type { Index } from '../../src/base/brand.ts';
import { explain, Failure } from '../../src/base/failure.ts';
import type { Random } from '../../src/base/random.ts';
import { createIdSource } from '../../src/core/scheduler/draw-id.ts';
import type { Entry } from '../../src/core/state/entry.ts';
import type { Outcome } from '../../src/core/state/outcome.ts';
import type { State } from '../../src/core/state/state.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../../src/io/log/segment-log.ts';
import type { ServerLink } from '../../src/ports/server-link.ts';
import type { Operations } from '../../src/server/operations.ts';
import { Checkpointer, restoreReplica } from '../../src/server/checkpointer.ts';
import type { Replica, ChangeBatch } from '../../src/server/replica.ts';
import { Server } from '../../src/server/server.ts';
import { SimCheckpoint } from '../../src/sim/checkpoint.ts';
import type { SimClock } from '../../src/sim/clock.ts';
import { MachineClock } from '../../src/sim/machine-clock.ts';
import { SimDisk, type CrashKind } from '../../src/sim/disk.ts';
import type { SimNet } from '../../src/sim/net.ts';
import { SimProcess } from '../../src/sim/process.ts';
import { drawDriftPpm } from './drift.ts';
import type { History } from './history.ts';

export interface ServerHostDeps {
  readonly clock: SimClock;
  readonly net: SimNet;
  readonly random: Random;
  readonly history: History;
  /** Called after each entry, replayed ones included. */
  readonly applied: (entry: Entry, batch: ChangeBatch, state: State) => void;
  readonly note: (line: string) => void;
  readonly broken: (error: unknown) => void;
  /** It ended by itself, and asks to be started after a while. */
  readonly restart: () => void;
}

/** Small, so that segments fill and are compacted in minutes. */
const SEGMENT_BYTES = 256 * 1024;
const PREALLOCATE_BYTES = 16 * 1024;
/** What an operation of a sound disk takes at most [ms]. */
export const DISK_MS_MAX = 2;

/** All that may go wrong in the server's loops; anything else that they tell is a bug. */
const EXPECTED = /simulated|no space left|disk full|nodes are silent at once/;

interface Life {
  readonly process: SimProcess;
  readonly replica: Replica;
  /** What clients reach, and what people do: never answered after its death. */
  readonly link: ServerLink;
  readonly operations: Operations;
}

export class ServerHost {
  readonly disk: SimDisk;
  /** How far its clock was set ahead [ms]. */
  skewMs = 0;
  /** At its own pace. */
  readonly #clock: MachineClock;
  readonly #checkpoint = new SimCheckpoint(entryCodec<unknown>());
  readonly #deps: ServerHostDeps;
  #process = deadProcess();
  #life: Life | undefined;
  #lives = 0;
  /** Of all its lives: who is killed never hears of it, yet Node keeps who listens. */
  readonly #stops: AbortController[] = [];

  constructor(deps: ServerHostDeps) {
    this.#deps = deps;
    const { random, clock } = deps;
    this.#clock = new MachineClock(clock, drawDriftPpm(random.fork('drift')));
    const onCrash = (): void => this.#fall();
    this.disk = new SimDisk({ random, clock, latencyMsMax: DISK_MS_MAX, onCrash });
  }

  get isUp(): boolean {
    return this.#process.isAlive;
  }

  /** What clients reach; undefined while nobody listens. */
  get link(): ServerLink | undefined {
    return this.#life?.link;
  }

  /** What people reach; undefined while nobody listens. */
  get operations(): Operations | undefined {
    return this.#life?.operations;
  }

  /** Lets both the log and the checkpoint find no room, but for so many bytes; or lets them again. */
  fill(roomBytes: number): void {
    this.disk.resize(this.disk.usedBytes() + roomBytes);
    this.#checkpoint.setFull(Number.isFinite(roomBytes));
  }

  get state(): State | undefined {
    return this.#life?.replica.state;
  }

  start(): void {
    if (this.isUp) return;
    const process = new SimProcess(`server/${this.#lives++}`);
    this.#process = process;
    this.#run(process).catch((error: unknown) => {
      if (!process.isAlive) return;
      if (!(error instanceof Failure)) this.#deps.broken(error);
      // As an agent that cannot open its log: it ends, and whoever watches it tries again.
      this.#deps.note(`server ${explain(error)}`);
      this.kill('kill');
      this.#deps.restart();
    });
  }

  kill(kind: CrashKind): void {
    if (!this.isUp) return;
    this.#fall();
    this.disk.crash(kind);
  }

  /** Its disk and its clock work again; a log that stopped for a fault of its disk asks for a restart. */
  heal(): void {
    this.fill(Infinity);
    this.skewMs = 0;
    this.disk.slowDown(DISK_MS_MAX);
    this.disk.failSyncs(0);
    this.disk.crashAfter(Infinity, 'kill');
    this.kill('kill');
    this.start();
  }

  /** The run is over: lets go of everything. */
  end(): void {
    this.#process.kill();
    for (const stop of this.#stops) stop.abort();
  }

  #fall(): void {
    this.#process.kill();
    this.#life = undefined;
    this.#deps.net.reset('server');
  }

  async #run(process: SimProcess): Promise<void> {
    const { random, history, applied, note } = this.#deps;
    const replica = restoreReplica(this.#checkpoint);
    history.restored(replica.state);
    const ownClock = process.clock(this.#clock, () => this.skewMs);
    const tell = (line: string): void => {
      if (!process.isAlive) return;
      note(`server ${line}`);
      if (!EXPECTED.test(line)) this.#deps.broken(new Error(`the server says: ${line}`));
    };
    const checkpoint = process.fence(this.#checkpoint);
    const checkpointer = new Checkpointer({ checkpoint, replica, clock: ownClock, note: tell });
    const disk = process.fence(this.disk);
    const apply = (index: Index, entry: Entry): Outcome => {
      const leave = replica.subscribe((batch, state) => applied(entry, batch, state));
      const outcome = replica.apply(index, entry);
      leave();
      history.note(index, entry, replica.state);
      return outcome;
    };
    const options = {
      dir: '/data/log',
      applied: replica.state.index,
      segmentBytes: SEGMENT_BYTES,
      preallocateBytes: PREALLOCATE_BYTES,
    };
    const log = await openSegmentLog(options, { disk, codec: entryCodec<Entry>(), apply });
    history.opened(log.lastIndex);
    checkpointer.attach(log);
    const server = new Server(
      {},
      {
        log,
        replica,
        clock: ownClock,
        random: random.fork(process.name),
        newId: createIdSource(`${process.name}/${random.next()}`),
        note: tell,
        servers: () => ['server'],
        companions: [checkpointer],
      },
    );
    const link = process.fence(server.link);
    this.#life = { process, replica, link, operations: process.fence(server.operations) };
    const stop = new AbortController();
    this.#stops.push(stop);
    await server.run(stop.signal);
  }
}

function deadProcess(): SimProcess {
  const process = new SimProcess('never started');
  process.kill();
  return process;
}
