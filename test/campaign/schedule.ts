/**
 * What is done to the cluster, decided by a seed alone.
 *
 * S1: the faults of a round depend on the seed and the round's number, on nothing else.
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
] as const;

/** What may befall a client's machine. */
export const CLIENT_FAULTS = [
  'kill client',
  'pause client',
  'cut client',
  'deaf client',
  'end machine',
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
  /** How bad it is, 0 to 1: packets lost, time that is added. */
  readonly degree: number;
}

export interface Round {
  readonly number: number;
  readonly faults: readonly Fault[];
  /** How many instances of the job are wanted from the middle of it on. */
  readonly count: number;
}

/** Instances of the job; each client has room for all. */
const COUNT = { least: 3, most: 12 };
/** How long a fault of a server lasts: silence for longer is another experiment [ms]. */
const SERVER_FAULT_MS = { least: 1_000, most: 8_000 };
/** The same of a client: some outlast their heartbeats, others do not [ms]. */
const CLIENT_FAULT_MS = { least: 1_000, most: 16_000 };
const BEGIN_MS_MAX = 3_000;

export function roundOf(seed: string, number: number): Round {
  const random = seeded(`${seed}/${number}`);
  const serverFault = (): Fault => faultOf(SERVER_FAULTS, SERVER_FAULT_MS, random);
  const servers = [serverFault()];
  if (random.next() < 0.3) servers.push(serverFault());
  const clients = random.next() < 0.5 ? [faultOf(CLIENT_FAULTS, CLIENT_FAULT_MS, random)] : [];
  // Now and then clients alone.
  const faults = random.next() < 0.15 && clients.length > 0 ? clients : [...servers, ...clients];
  return { number, faults, count: between(COUNT, random.next()) };
}

/** For people. */
export function tellFault({ kind, place, forMs, degree }: Fault): string {
  const how = kind === 'lossy' || kind === 'slow' ? ` by ${degree.toFixed(2)}` : '';
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
