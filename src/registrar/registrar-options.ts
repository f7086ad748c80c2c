/** What a registrar is made of. */
import type { Random } from '../base/random.ts';
import type { CatalogNodeFacts, ServiceFacts } from '../core/model/catalog.ts';
import type { CatalogLink } from '../ports/catalog-link.ts';
import type { CheckProbes } from '../ports/check-probes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Registrations } from '../ports/registrar.ts';
import type { StateFiles } from '../ports/state-files.ts';
import type { ScriptChecks } from './script-policy.ts';

export interface RegistrarOptions {
  readonly node: CatalogNodeFacts;
  /** In the catalog, but not among what the agent tells of itself: a server's own `consul`. */
  readonly ownServices: readonly ServiceFacts[];
  /** True: whether this agent is alive is found out by gossip, and told by the leader. */
  readonly gossips?: boolean;
  readonly scriptChecks: ScriptChecks;
  /** How often a check whose output alone changed is told to the servers [ms]; 0: at once. */
  readonly checkUpdateIntervalMs: number;
  /** Of the configuration files. */
  readonly registrations: Registrations;
}

export interface RegistrarDeps {
  readonly link: CatalogLink;
  readonly probes: CheckProbes;
  /** A folder of its own below the data directory. */
  readonly files: StateFiles;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
}
