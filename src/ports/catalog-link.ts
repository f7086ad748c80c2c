/**
 * What the agent's registrar asks of the servers. In one process it is a direct call; between
 * machines it is the agent link. Every call may be repeated: a repetition changes nothing.
 *
 * Fails (all methods): `unavailable`, `timeout` worth another try; `canceled` when aborted.
 */
import type { Index } from '../base/brand.ts';
import type { CatalogNodeFacts, ServiceFacts } from '../core/model/catalog.ts';
import type { CheckFacts } from '../core/model/health-check.ts';

/** The rows of one machine. */
export interface NodeRows {
  /**
   * Index of the state that was read: an answer older than one's own last write says nothing of it.
   */
  readonly asOf: Index;
  /** When any of it last changed, for the next `watchNode`; never 0. */
  readonly index: Index;
  /** Absent: the servers do not know the machine. */
  readonly node: CatalogNodeFacts | undefined;
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly CheckFacts[];
}

export interface RowsToRegister {
  readonly node: CatalogNodeFacts;
  /** True: where the node is known, leave its address and metadata as they are. */
  readonly skipNodeUpdate: boolean;
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly CheckFacts[];
}

export interface Registered {
  /** At or after the entry's. */
  readonly index: Index;
  /**
   * Ids of instances and checks that were left out: their allocation is over, or not heard of at
   * present. Worth another try as long as the agent knows better.
   */
  readonly leftOut: readonly string[];
}

export interface RowsToDeregister {
  readonly node: string;
  readonly serviceIds: readonly string[];
  readonly checkIds: readonly string[];
}

export interface CatalogLink {
  /**
   * Registers rows of one machine, all or none; at most `SYNC_ROWS_MAX` of them.
   *
   * Fails: `invalid` a check of an instance that does not
   * exist, a name that cannot be; `conflict` another machine has the node's id.
   */
  register(rows: RowsToRegister, signal: AbortSignal): Promise<Registered>;
  /** Takes rows away, an instance with its checks; content when there are none. */
  deregister(rows: RowsToDeregister, signal: AbortSignal): Promise<Index>;
  /** Takes the machine away with all it has. */
  deregisterNode(node: string, signal: AbortSignal): Promise<Index>;
  /**
   * The rows of a machine: at once, or with `after` when they changed since, or when the servers'
   * usual waiting time is over.
   */
  watchNode(node: string, after: Index | undefined, signal: AbortSignal): Promise<NodeRows>;
}
