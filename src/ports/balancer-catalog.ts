/** What the balancer hears of the cluster. */
import type { CatalogView } from '../core/balancer/catalog-view.ts';

export interface BalancerCatalog {
  /** As of now; undefined while nothing is known yet. */
  view(): CatalogView | undefined;
  /** Tells of each change that might matter, at once; answers how to stop hearing. */
  subscribe(changed: () => void): () => void;
}
