import type { Random } from '../../src/base/random.ts';
import type { State } from '../../src/core/state/state.ts';
import type { Operations } from '../../src/server/operations.ts';
import type { SimClock } from '../../src/sim/clock.ts';
import type { SimLoop } from '../../src/sim/loop.ts';
import type { ClientHost } from './client-host.ts';
import type { History } from './history.ts';
import type { Invariants } from './invariants.ts';
import type { LockDelays } from './lock-delays.ts';
import type { RolloutInvariants } from './rollout-invariants.ts';

/** Servers, clients and all around them, which a run sets in motion. */
export interface World {
  readonly random: Random;
  readonly clock: SimClock;
  readonly loop: SimLoop;
  readonly history: History;
  readonly invariants: Invariants;
  readonly rollouts: RolloutInvariants;
  readonly lockDelays: LockDelays;
  readonly clients: readonly ClientHost[];
  readonly lines: readonly string[];
  /** Since the beginning [ms]. */
  readonly elapsedMs: number;
  /** The state that counts; undefined while there is none that is whole. */
  readonly server: { readonly state: State | undefined };
  /** The server that people reach; undefined while there is none. */
  reached(): { readonly operations: Operations; readonly state: State } | undefined;
  startServers(): void;
  /** What is still not as it is to be among the servers. */
  unsettled(): readonly string[];
  note(line: string): void;
  /** Something broke its promise; the run ends at the end of the instant. */
  fail(error: unknown): void;
  /** Does something in `ms` from now, between two instants. */
  later(ms: number, act: () => void): void;
  /** Passes time. Throws what broke. */
  pass(ms: number): Promise<void>;
  /** The run is over: nothing of it stays in memory. */
  end(): void;
}
