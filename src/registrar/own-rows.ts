/** What this agent says of its machine, in memory: rows of the catalog and how they came to be. */
import type { Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { CheckState } from '../core/checks/check.ts';
import type { OwnCheck, OwnRows } from '../core/checks/sync.ts';
import { LOCAL_ROWS_MAX } from '../core/limits.ts';
import type { CatalogNodeFacts, ServiceFacts } from '../core/model/catalog.ts';
import { SERF_HEALTH, type CheckDefinition, type CheckFacts } from '../core/model/health-check.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { RunProbe } from '../ports/check-probes.ts';
import type {
  AllocCheckStatus,
  LocalCheck,
  LocalService,
  RegistrationSource,
} from '../ports/registrar.ts';

export interface OwnedService extends LocalService {
  /** Of `alloc`. */
  readonly allocId?: AllocId;
}

export interface OwnedCheck extends OwnCheck {
  readonly definition: CheckDefinition | undefined;
  readonly source: RegistrationSource;
  readonly allocId?: AllocId;
  readonly onStatus?: (status: AllocCheckStatus) => void;
}

/** Who registered a check, and how it is run where that is not the machine's own way. */
export interface Origin {
  readonly source: RegistrationSource;
  readonly allocId?: AllocId;
  readonly onStatus?: (status: AllocCheckStatus) => void;
  readonly run?: RunProbe | undefined;
}

/** Rows that every agent has in the catalog and does not tell of itself. */
export interface AmbientRows {
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly OwnCheck[];
}

/** The agent itself answers for this one as long as it runs, unless gossip does. */
export const ALIVE: CheckFacts = {
  id: SERF_HEALTH,
  name: 'Serf Health Status',
  status: 'passing',
  notes: '',
  output: 'Agent alive and reachable',
  serviceId: '',
  type: '',
  definition: {},
  interval: '',
  timeout: '',
};

/**
 * After the start, allocations may register again for so long before their rows in the catalog are
 * taken for leftovers [ms]: a client takes up a thousand in a few seconds.
 */
const ALLOCS_EXPECTED_MS = 60_000;

export class LocalRows {
  readonly #node: CatalogNodeFacts;
  readonly #services = new Map<string, OwnedService>();
  readonly #checks = new Map<string, OwnedCheck>();
  /** The same as the servers are told it. */
  readonly #serviceRows = new Map<string, ServiceFacts>();
  readonly #checkRows = new Map<string, OwnCheck>();
  readonly #removed = { services: new Set<string>(), checks: new Set<string>() };
  readonly #expectsUntil: Millis;
  #changesAt: Millis | undefined;

  constructor(node: CatalogNodeFacts, ambient: AmbientRows, now: Millis) {
    this.#node = node;
    for (const each of ambient.services) this.#serviceRows.set(each.id, each);
    for (const each of ambient.checks) this.#checkRows.set(each.facts.id, each);
    this.#expectsUntil = (now + ALLOCS_EXPECTED_MS) as Millis;
    this.#changesAt = this.#expectsUntil;
  }

  get nodeName(): string {
    return this.#node.name;
  }

  get size(): number {
    return this.#services.size + this.#checks.size;
  }

  get changesAt(): Millis | undefined {
    return this.#changesAt;
  }

  rows(now: Millis): OwnRows {
    const expectsAllocs = now < this.#expectsUntil;
    if (!expectsAllocs) this.#changesAt = undefined;
    return {
      node: this.#node,
      services: this.#serviceRows,
      checks: this.#checkRows,
      removed: this.#removed,
      expectsAllocs,
    };
  }

  adoptTags(tags: ReadonlyMap<string, readonly string[]>): void {
    for (const [id, theirs] of tags) {
      const service = this.#services.get(id);
      if (service !== undefined) {
        this.putService({ ...service, facts: { ...service.facts, tags: theirs } });
      }
    }
  }

  forgetRemoved(isHeld: (id: string) => boolean): void {
    for (const ids of [this.#removed.services, this.#removed.checks]) {
      for (const id of ids) if (!isHeld(id)) ids.delete(id);
    }
  }

  services(): Iterable<OwnedService> {
    return this.#services.values();
  }

  service(id: string): OwnedService | undefined {
    return this.#services.get(id);
  }

  checks(): Iterable<OwnedCheck> {
    return this.#checks.values();
  }

  check(id: string): OwnedCheck | undefined {
    return this.#checks.get(id);
  }

  checksOf(serviceId: string): readonly OwnedCheck[] {
    return [...this.#checks.values()].filter(({ facts }) => facts.serviceId === serviceId);
  }

  putService(service: OwnedService): void {
    const { id } = service.facts;
    this.#services.set(id, service);
    this.#serviceRows.set(id, service.facts);
    this.#removed.services.delete(id);
  }

  removeService(id: string): void {
    if (this.#services.get(id)?.allocId !== undefined) this.#removed.services.add(id);
    this.#services.delete(id);
    this.#serviceRows.delete(id);
  }

  putCheck(check: OwnedCheck): void {
    const { id } = check.facts;
    this.#checks.set(id, check);
    this.#checkRows.set(id, check);
    this.#removed.checks.delete(id);
  }

  removeCheck(id: string): void {
    if (this.#checks.get(id)?.allocId !== undefined) this.#removed.checks.add(id);
    this.#checks.delete(id);
    this.#checkRows.delete(id);
  }

  /** How the checks of a service are run. */
  definitionsOf(serviceId: string): readonly CheckDefinition[] {
    return this.checksOf(serviceId)
      .map(({ definition }) => definition)
      .filter((definition) => definition !== undefined);
  }

  /** Fails: `conflict` for a service of an allocation. */
  refuseAllocs(serviceId: string): void {
    const allocId = this.service(serviceId)?.allocId;
    if (allocId === undefined) return;
    throw new Failure('conflict', `service "${serviceId}" belongs to allocation ${allocId}`);
  }

  /** Fails: `exhausted` where so many more would be too many. */
  needRoom(count: number): void {
    if (this.size + count <= LOCAL_ROWS_MAX) return;
    throw new Failure('exhausted', `an agent has at most ${LOCAL_ROWS_MAX} services and checks`);
  }

  sortedServices(): readonly LocalService[] {
    return [...this.#services.values()].sort(byId);
  }

  sortedChecks(): readonly LocalCheck[] {
    return [...this.#checks.values()].sort(byId).map((check) => this.localCheck(check));
  }

  /** A check as others see it. */
  localCheck({ facts, definition, source }: OwnedCheck): LocalCheck {
    const service = this.#services.get(facts.serviceId)?.facts;
    return {
      facts,
      definition,
      source,
      serviceName: service?.name ?? '',
      serviceTags: service?.tags ?? [],
    };
  }
}

/** What the owner of an allocation's check is told of it. */
export function toldOf({ id, serviceId }: CheckDefinition, state: CheckState): AllocCheckStatus {
  const { status, output, known } = state;
  return { checkId: id, serviceId, status, output, known };
}

function byId(a: { facts: { id: string } }, b: { facts: { id: string } }): number {
  return a.facts.id < b.facts.id ? -1 : 1;
}
