/**
 * What is done to the cluster, decided by a seed alone.
 *
 * S1: what happens in a round depends on the seed, the round's number and the kinds of faults that
 *     may come, on nothing else.
 */
import { seeded, type Random } from '../../src/base/random.ts';

/** What may befall a server. */
export const SERVER_FAULTS = [
  'kill',
  'restart',
  'pause',
  'hang',
  'kill etcd',
  'pause etcd',
  'cut',
  'deaf',
  'apart',
  'lossy',
  'slow',
  'kill all',
  'full disk',
  'full disks',
  'full store',
  'slow disk',
  'clock',
] as const;

/** What may befall a client's machine. */
export const CLIENT_FAULTS = [
  'kill client',
  'pause client',
  'cut client',
  'deaf client',
  'end machine',
  'clock client',
  'drain client',
  'close client',
] as const;

export type FaultKind = (typeof SERVER_FAULTS)[number] | (typeof CLIENT_FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Counted from the leader of the moment, or, for clients, from the first. */
  readonly place: number;
  /** From the round's beginning [ms]. */
  readonly afterMs: number;
  /** Until it is mended [ms]. */
  readonly forMs: number;
  /** How bad it is, 0 to 1: packets lost, time that is added, how far a clock is set. */
  readonly degree: number;
}

/** What becomes of a service in a round. */
export interface Rollout {
  readonly count: number;
  readonly maxParallel: number;
  readonly canaries: number;
  /** Its tasks end at once. */
  readonly isBad: boolean;
}

export interface Round {
  readonly number: number;
  readonly faults: readonly Fault[];
  /** How many instances of the job are wanted from the middle of it on. */
  readonly count: number;
  /** Absent: no new version in this round. */
  readonly rollout?: Rollout;
  /** How many instances of a batch job are to complete, each once; 0: there is none. */
  readonly batch: number;
  /** Whether something is started every few seconds. */
  readonly isPeriodic: boolean;
}

/** Instances of the job; each client has room for all. */
const COUNT = { least: 3, most: 12 };
const BATCH = { least: 5, most: 40 };
const ROLLOUT = {
  count: { least: 3, most: 8 },
  maxParallel: { least: 1, most: 3 },
  canaries: { least: 1, most: 2 },
};
/** How long a fault of a server lasts: silence for longer is another experiment [ms]. */
const SERVER_FAULT_MS = { least: 1_000, most: 8_000 };
/** The same of a client: some outlast their heartbeats, others do not [ms]. */
const CLIENT_FAULT_MS = { least: 1_000, most: 16_000 };
const BEGIN_MS_MAX = 3_000;

/** @param only kinds that may come; empty: all of them */
export function roundOf(seed: string, number: number, only: readonly string[] = []): Round {
  const random = seeded(`${seed}/${number}`);
  const may = (kind: FaultKind): boolean => only.length === 0 || only.includes(kind);
  const faultsOf = (kinds: readonly FaultKind[], lasts: Span, count: number): readonly Fault[] => {
    const those = kinds.filter(may);
    return Array.from({ length: those.length === 0 ? 0 : count }, () => {
      return faultOf(those, lasts, random);
    });
  };
  const servers = faultsOf(SERVER_FAULTS, SERVER_FAULT_MS, random.next() < 0.3 ? 2 : 1);
  const hasClients = random.next() < 0.5 || servers.length === 0;
  const clients = faultsOf(CLIENT_FAULTS, CLIENT_FAULT_MS, hasClients ? 1 : 0);
  // Now and then clients alone.
  const faults = random.next() < 0.15 && clients.length > 0 ? clients : [...servers, ...clients];
  const count = between(COUNT, random.next());
  return { number, faults, count, ...workOf(seeded(`${seed}/${number}/work`)) };
}

function workOf(random: Random): Pick<Round, 'rollout' | 'batch' | 'isPeriodic'> {
  const rollout: Rollout = {
    count: between(ROLLOUT.count, random.next()),
    maxParallel: between(ROLLOUT.maxParallel, random.next()),
    canaries: random.next() < 0.4 ? between(ROLLOUT.canaries, random.next()) : 0,
    isBad: random.next() < 0.25,
  };
  const hasRollout = random.next() < 0.6;
  const batch = random.next() < 0.5 ? between(BATCH, random.next()) : 0;
  return { ...(hasRollout && { rollout }), batch, isPeriodic: random.next() < 0.3 };
}

/** Of these it matters. */
const HAS_DEGREE: ReadonlySet<FaultKind> = new Set<FaultKind>([
  ...(['lossy', 'slow', 'full disk', 'full disks', 'slow disk', 'clock', 'clock client'] as const),
]);

/** For people. */
export function tellFault({ kind, place, forMs, degree }: Fault): string {
  const how = HAS_DEGREE.has(kind) ? ` by ${degree.toFixed(2)}` : '';
  return `${kind} ${place}${how} for ${(forMs / 1_000).toFixed(1)} s`;
}

function faultOf(kinds: readonly FaultKind[], lasts: Span, random: Random): Fault {
  return {
    kind: kinds[Math.floor(random.next() * kinds.length)] ?? 'kill',
    place: Math.floor(random.next() * 3),
    afterMs: Math.floor(random.next() * BEGIN_MS_MAX),
    forMs: between(lasts, random.next()),
    degree: random.next(),
  };
}

interface Span {
  readonly least: number;
  readonly most: number;
}

function between({ least, most }: Span, at: number): number {
  return least + Math.floor(at * (most - least + 1));
}
