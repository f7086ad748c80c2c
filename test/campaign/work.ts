/** All that clients have to run while faults come, and how it is judged. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine } from '../machines.ts';
import { Batches } from './batches.ts';
import type { Cluster } from './cluster.ts';
import { Jobs } from './jobs.ts';
import { Rollouts } from './rollouts.ts';
import { CLIENT_FAULTS, type Fault, type Round } from './schedule.ts';
import { excessive, Sightings } from './sightings.ts';

/** How long it may take until two machines have heard of a change, without faults, and amid them. */
const HEAR_MS_MAX = { calm: 5_000, amidFaults: 25_000 };

type Verdict = readonly [what: string, wrong: () => Promise<readonly string[]>];

export class Work {
  readonly #cluster: Cluster;
  readonly #jobs: Jobs;
  readonly #rollouts: Rollouts;
  readonly #batches: Batches;
  #count = 0;
  #hasRolled = false;
  #sightings: Sightings;
  #looking: Promise<void> = Promise.resolve();

  /** @param dir that every task can write to */
  constructor(cluster: Cluster, dir: string) {
    this.#cluster = cluster;
    this.#jobs = new Jobs(cluster);
    this.#rollouts = new Rollouts(cluster);
    this.#batches = new Batches(cluster, dir);
    this.#sightings = new Sightings(cluster.clients);
  }

  /** Pieces of batch work that were judged in this round. */
  get pieces(): number {
    return this.#batches.pieces;
  }

  /** Gives orders while faults come; resolves once all are taken. */
  async begin({ number, count, rollout, batch, isPeriodic }: Round): Promise<void> {
    this.#count = count;
    this.#sightings = new Sightings(this.#cluster.clients);
    this.#looking = this.#sightings.run();
    await delay(1_000);
    await this.#batches.begin(number, batch, isPeriodic);
    this.#hasRolled ||= rollout !== undefined;
    if (rollout !== undefined) await this.#rollouts.begin(number, rollout);
    await delay(1_000);
    await this.#jobs.want(count);
  }

  /** Faults are over: nothing new is to begin. */
  async rest(): Promise<void> {
    await this.#batches.rest();
  }

  /** Fails where not everything runs, or is complete, as was wanted. */
  async check(server: Machine): Promise<void> {
    await this.#jobs.check(this.#count, server);
    if (this.#hasRolled) await this.#rollouts.check(server);
    await this.#batches.check(server);
  }

  /** What is to be judged at the end of a round. */
  async end({ faults }: Round, server: Machine): Promise<readonly Verdict[]> {
    const pairs = this.#sightings.stop();
    await this.#looking;
    const ofClients = faults.filter(isOfClients);
    const isQuiet = ofClients.length === 0 && !faults.some(({ kind }) => kind === 'clock');
    const machinesEnded = faults.some(({ kind }) => kind === 'end machine');
    const silent = new Set(ofClients.map((fault) => this.#victim(fault)));
    const calm = faults.length === ofClients.length;
    const hearMs = calm ? HEAR_MS_MAX.calm : HEAR_MS_MAX.amidFaults;
    const twice = excessive(pairs, silent, hearMs);
    return [
      ['nothing runs twice', () => Promise.resolve(twice)],
      ['rollouts keep to their rules', () => this.#rollouts.end(server, isQuiet)],
      ['batch work is done, once', () => this.#batches.end(server, { machinesEnded, isQuiet })],
    ];
  }

  #victim({ place }: Fault): string {
    const { clients } = this.#cluster;
    return clients[place % clients.length]?.name ?? '';
  }
}

function isOfClients({ kind }: Fault): boolean {
  return (CLIENT_FAULTS as readonly string[]).includes(kind);
}
