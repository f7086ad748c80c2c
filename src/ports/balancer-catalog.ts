/** What the balancer hears of the cluster. */
import type { StateReader } from '../core/state/snapshot.ts';

export interface BalancerCatalog {
  /** As of now. */
  state(): StateReader;
  /** Tells of each change that might matter, at once; answers how to stop hearing. */
  subscribe(changed: () => void): () => void;
}
