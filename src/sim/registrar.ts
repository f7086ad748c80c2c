/**
 * A registrar that remembers what allocations offer; its checks say what the simulation wants. A
 * check that is named after a status always says that.
 */
import type { HealthStatus } from '../core/model/health-check.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { AllocCheckStatus, AllocRegistration } from '../ports/registrar.ts';

const STATUSES: readonly HealthStatus[] = ['passing', 'warning', 'critical'];

interface Held {
  readonly registration: AllocRegistration;
  readonly tell: (status: AllocCheckStatus) => void;
}

export class SimRegistrar {
  readonly #held = new Map<AllocId, Held>();
  /** What every check says when it is registered. */
  startsAs: HealthStatus = 'passing';

  registerAlloc(registration: AllocRegistration, tell: Held['tell']): Promise<void> {
    this.#held.set(registration.allocId, { registration, tell });
    for (const { definition } of registration.checks) {
      const says = STATUSES.find((status) => status === definition.name) ?? this.startsAs;
      this.say(registration.allocId, definition.id, says);
    }
    return Promise.resolve();
  }

  deregisterAlloc(allocId: AllocId): Promise<void> {
    this.#held.delete(allocId);
    return Promise.resolve();
  }

  /** Ids of the services that an allocation offers now. */
  offered(allocId: AllocId): readonly string[] {
    return this.#held.get(allocId)?.registration.services.map(({ id }) => id) ?? [];
  }

  /** Ids of its checks. */
  checksOf(allocId: AllocId): readonly string[] {
    return this.#held.get(allocId)?.registration.checks.map((check) => check.definition.id) ?? [];
  }

  /** A check has run. */
  say(allocId: AllocId, checkId: string, status: HealthStatus): void {
    const held = this.#held.get(allocId);
    const check = held?.registration.checks.find(({ definition }) => definition.id === checkId);
    if (held === undefined || check === undefined) return;
    const { serviceId } = check.definition;
    held.tell({ checkId, serviceId, status, output: '', known: true });
  }
}
