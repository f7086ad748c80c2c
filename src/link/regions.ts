/**
 * The ways to other regions: one session with a server of each, found through the pool that servers
 * of all regions share, and what those tell of their regions.
 *
 * RG1: a region is known from its first server's joining until its last one has left; while none of
 *      its servers answers, what is asked of it fails and says so.
 * RG2: what came from another region is answered here, or not at all: it is never passed on.
 * RG3: servers that the pool takes for failed are dialled after those that it does not; where all
 *      of a region have failed and there is no session, what is asked of it fails at once.
 */
import { Bug } from '../base/assert.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Datacenter } from '../core/federation/nearness.ts';
import type { RegionServer } from '../core/federation/region-server.ts';
import { DATACENTERS_MAX, REGIONS_MAX } from '../core/limits.ts';
import { list, object, text } from '../core/link/shape.ts';
import { folded } from '../core/model/catalog.ts';
import type { LinkSockets } from '../ports/link.ts';
import type { Service } from '../ports/service.ts';
import { isAborted } from '../run/aborted.ts';
import { Bell } from '../run/bell.ts';
import type { Caller } from './caller.ts';
import type { GreetDeps } from './greet.ts';
import { ServerPool } from './server-pool.ts';
import type { Answers } from './session.ts';

export interface RegionsDeps extends Omit<GreetDeps, 'answersFor' | 'notYet'> {
  readonly sockets: LinkSockets;
  readonly random: Random;
  /** The servers of all regions. */
  readonly servers: () => readonly RegionServer[];
  /** Tells whenever those change; the answer ends that. */
  readonly follow: (tell: () => void) => () => void;
  /** Of this region. */
  readonly datacenters: () => Iterable<string>;
}

/** How often a region is asked which datacenters it has [ms]. */
const ASK_MS = 5_000;
/** How long it may take to say [ms]. */
const ANSWER_MS = 10_000;
/** The port of links; pools tell each server's own. */
const LINK_PORT = 4_647;

interface Told {
  readonly datacenters: readonly string[];
}

const TOLD = object<Told>({ datacenters: list(text, DATACENTERS_MAX) });

/** The way to one region. */
interface Way {
  readonly pool: ServerPool;
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
  told: readonly string[];
  /** How often its servers were looked for since one last answered. */
  looks: number;
}

export class Regions implements Service {
  readonly name = 'regions';
  readonly #deps: RegionsDeps;
  readonly #ways = new Map<string, Way>();

  constructor(deps: RegionsDeps) {
    this.#deps = deps;
  }

  /** What servers of other regions are answered of this one. */
  get answers(): Answers {
    return {
      'region.tell': () => {
        const datacenters = [...this.#deps.datacenters()].slice(0, DATACENTERS_MAX);
        return Promise.resolve({ datacenters } satisfies Told);
      },
    };
  }

  /** Whether another region is known. */
  isAny(): boolean {
    return this.#ways.size > 0;
  }

  /** Of all other regions, as far as they told, and of their servers. */
  datacenters(): readonly Datacenter[] {
    const found = new Map<string, Datacenter>();
    const add = (region: string, datacenter: string): void => {
      found.set(JSON.stringify([region, datacenter]), { region, datacenter });
    };
    for (const { region, datacenter } of this.#others()) add(region, datacenter);
    for (const [region, { told }] of this.#ways) for (const each of told) add(region, each);
    return [...found.values()];
  }

  /** The other region that has a datacenter, in any spelling; of several, the first by name. */
  regionWith(name: string): string | undefined {
    const wanted = folded(name);
    const having = this.datacenters().filter(({ datacenter }) => folded(datacenter) === wanted);
    return having.map(({ region }) => region).sort()[0];
  }

  /**
   * Undefined: no such region is known (RG1).
   *
   * @param asked what the asker named: there is no path to that
   */
  caller(region: string, asked: 'region' | 'datacenter' = 'region'): Caller | undefined {
    const way = this.#ways.get(region);
    if (way === undefined) return undefined;
    const why = `No path to ${asked}`;
    const noPath = (cause: unknown): Failure =>
      new Failure('unavailable', why, { cause, facts: { status: 500, region } });
    const isHopeless = (): boolean => {
      if (way.pool.current?.isOpen === true) return false;
      return !this.#others().some((each) => each.region === region && each.status === 'alive');
    };
    return callerOver(way.pool, noPath, isHopeless);
  }

  async run(signal: AbortSignal): Promise<void> {
    const bell = new Bell();
    const end = this.#deps.follow(() => bell.ring());
    try {
      while (!isAborted(signal)) {
        this.#look(signal);
        await bell.wait(this.#deps.clock, undefined, signal);
      }
    } finally {
      end();
      for (const { stop } of this.#ways.values()) stop.abort();
      await Promise.all([...this.#ways.values()].map(({ ended }) => ended));
    }
  }

  /** Those of other regions that have not left. */
  #others(): readonly RegionServer[] {
    const own = this.#deps.facts.region;
    return this.#deps.servers().filter(({ region, status }) => region !== own && status !== 'left');
  }

  #look(signal: AbortSignal): void {
    const wanted = new Set(this.#others().map(({ region }) => region));
    for (const [region, { stop }] of this.#ways) {
      if (wanted.has(region)) continue;
      stop.abort();
      this.#ways.delete(region);
    }
    for (const region of wanted) {
      if (this.#ways.has(region)) continue;
      if (this.#ways.size >= REGIONS_MAX) {
        this.#deps.note(`no room for region "${region}" among ${REGIONS_MAX}`);
        return;
      }
      this.#ways.set(region, this.#begin(region, signal));
    }
  }

  #begin(region: string, signal: AbortSignal): Way {
    const { random, note } = this.#deps;
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const pool = new ServerPool(
      { port: LINK_PORT },
      {
        ...this.#deps,
        random: random.fork(region),
        // Over a session that this side opened, the other asks for nothing.
        answersFor: () => ({}),
        find: () => Promise.resolve(this.#linksOf(region, way.looks++)),
        note: (line) => note(`region "${region}": ${line}`),
      },
    );
    const way: Way = { pool, stop, ended: Promise.resolve(), told: [], looks: 0 };
    const ended = Promise.all([pool.run(either), this.#ask(way, either)]);
    return Object.assign(way, { ended });
  }

  /** Those that are there, and those that failed, by turns (RG3): one may be back. */
  #linksOf(region: string, look: number): readonly string[] {
    const servers = this.#others().filter((each) => each.region === region);
    const isAliveTurn = look % 2 === 0;
    const turn = servers.filter(({ status }) => (status === 'alive') === isAliveTurn);
    return (turn.length > 0 ? turn : servers).map(({ link }) => link);
  }

  async #ask(way: Way, signal: AbortSignal): Promise<void> {
    while (!isAborted(signal)) {
      try {
        const options = { signal, deadlineMs: ANSWER_MS };
        const told = await way.pool.call('region.tell', null, options);
        const problem = TOLD(told);
        if (problem !== undefined) throw new Failure('invalid', `the answer${problem}`);
        way.told = (told as Told).datacenters;
        way.looks = 0;
      } catch (error) {
        // What it told before stands until it tells again.
        if (error instanceof Bug) throw error;
      }
      await this.#deps.clock.sleep(ASK_MS, signal);
    }
  }
}

/**
 * Asks a region; fails where nobody there is in reach, before anything was said.
 *
 * @param isHopeless true: there is nobody to wait for
 */
function callerOver(
  pool: ServerPool,
  noPath: (cause: unknown) => Failure,
  isHopeless: () => boolean,
): Caller {
  const open: Caller['open'] = async (method, body, options) => {
    try {
      if (isHopeless()) throw new Failure('unavailable', 'all of its servers have failed');
      return await pool.open(method, body, options);
    } catch (error) {
      if (error instanceof Failure && error.fault === 'unavailable') throw noPath(error);
      throw error;
    }
  };
  return {
    open,
    call: async (method, body, options) => (await open(method, body, options)).reply,
  };
}
