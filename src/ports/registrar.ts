/**
 * What this agent registers: services and checks from its API, its configuration files and its
 * allocations; how healthy they are; and maintenance.
 *
 * A change counts from the moment it is told: it is kept on disk when the promise resolves, and the
 * servers have it then too where they can be reached at once; where not, it is repeated until they
 * have it.
 *
 * Fails: `not_found` for an id that this agent did not register; `invalid` for what cannot be;
 * `exhausted`, `unavailable` when the disk refuses (nothing is registered then).
 */
import type { ServiceFacts } from '../core/model/catalog.ts';
import type { CheckDefinition, CheckFacts, HealthStatus } from '../core/model/health-check.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { RunProbe } from './check-probes.ts';

/** Where a registration came from. Only the API's are kept on disk. */
export type RegistrationSource = 'api' | 'config' | 'alloc';

/** An instance with the checks that come and go with it. */
export interface ServiceRegistration {
  readonly service: ServiceFacts;
  /** Each with `serviceId` of the service. */
  readonly checks: readonly CheckDefinition[];
}

/** What a configuration file registers. */
export interface Registrations {
  readonly services: readonly ServiceRegistration[];
  readonly checks: readonly CheckDefinition[];
}

export interface LocalService {
  readonly facts: ServiceFacts;
  readonly source: RegistrationSource;
}

export interface LocalCheck {
  /** As told to the servers but for the output, which may run ahead there. */
  readonly facts: CheckFacts;
  /** Of the instance it belongs to; empty and none for the node's. */
  readonly serviceName: string;
  readonly serviceTags: readonly string[];
  /** Absent: nobody runs it (maintenance). */
  readonly definition: CheckDefinition | undefined;
  readonly source: RegistrationSource;
}

/** What an allocation offers while it runs. */
export interface AllocRegistration {
  readonly allocId: AllocId;
  /** Ids as Nomad makes them: `_nomad-task-ALLOC-(group|TASK)-SERVICE-PORT`. */
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly AllocCheck[];
}

export interface AllocCheck {
  /**
   * `serviceId` is one of the allocation's services. Its `probe` says what the check looks like.
   */
  readonly definition: CheckDefinition;
  /** Instead of the agent's own probe: a script inside the task. */
  readonly run?: RunProbe;
}

/** How one check of an allocation fares. */
export interface AllocCheckStatus {
  readonly checkId: string;
  readonly serviceId: string;
  readonly status: HealthStatus;
  readonly output: string;
  /** False until the check ran, or was reported, for the first time. */
  readonly known: boolean;
}

export interface Registrar {
  /** The machine's name in the catalog. */
  readonly nodeName: string;

  /** By id. */
  services(): readonly LocalService[];
  service(id: string): LocalService | undefined;
  /** By id. */
  checks(): readonly LocalCheck[];
  check(id: string): LocalCheck | undefined;

  /**
   * Registers an instance, or replaces it. Checks that it had are kept as they are unless told
   * again, or unless `replaceChecks`.
   *
   * Fails also: `invalid` for a command where commands are not run, `conflict` for an id of an
   * allocation's service.
   */
  registerService(
    registration: ServiceRegistration,
    options: { readonly replaceChecks: boolean },
  ): Promise<void>;
  /** Takes it away with its checks. Fails also: `conflict` for an allocation's. */
  deregisterService(id: string): Promise<void>;

  /** Registers a check, or replaces it. Fails also: as above; `not_found` its service. */
  registerCheck(definition: CheckDefinition): Promise<void>;
  deregisterCheck(id: string): Promise<void>;

  /**
   * Reports a `ttl` check. Fails also: `invalid` for a check of another kind.
   */
  reportTtl(id: string, status: HealthStatus, output: string): Promise<void>;

  /** Holds the whole node back, for a reason; undefined: no longer. */
  setNodeMaintenance(reason: string | undefined): Promise<void>;
  /** Holds one instance back, for a reason; undefined: no longer. */
  setServiceMaintenance(serviceId: string, reason: string | undefined): Promise<void>;

  /** Takes the configuration files' registrations as they are now; what they lost goes. */
  reload(registrations: Registrations): Promise<void>;

  /** Takes the node with all it offers out of the catalog, and registers nothing any more. */
  leave(): Promise<void>;

  /**
   * Registers what an allocation offers, or brings it up to date: what is not told again goes.
   * Statuses of checks that stay the same are kept. Resolves when the servers have it, or could not
   * be told in a few seconds (and goes on trying).
   *
   * Fails also: `invalid` for a command without its `run`.
   *
   * @param onStatus called for each check at once, and whenever what it was told changed
   */
  registerAlloc(
    registration: AllocRegistration,
    onStatus: (status: AllocCheckStatus) => void,
  ): Promise<void>;

  /**
   * Takes what an allocation offers out of the catalog: resolves when the servers have it, however
   * long they cannot be reached, or when `signal` aborts (and goes on trying all the same). Content
   * when there is nothing.
   */
  deregisterAlloc(allocId: AllocId, signal: AbortSignal): Promise<void>;
}
