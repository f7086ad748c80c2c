/** Who is held back, and why; kept on disk. */
import { maintenanceFacts, maintenanceId } from '../core/checks/facts.ts';
import type { KeptMaintenance } from '../core/registration/kept.ts';
import type { KeptFiles } from './kept-files.ts';
import type { LocalRows } from './own-rows.ts';

/** Of a node (by an empty id) and of its services. */
export class MaintenanceModes {
  readonly #rows: LocalRows;
  readonly #files: KeptFiles;
  readonly #reasons = new Map<string, string>();

  constructor(rows: LocalRows, files: KeptFiles) {
    this.#rows = rows;
    this.#files = files;
  }

  load(kept: readonly KeptMaintenance[]): void {
    for (const { serviceId, reason } of kept) this.#reasons.set(serviceId, reason);
  }

  /** Who is held back already stays so for the first reason. */
  async begin(serviceId: string, reason: string): Promise<void> {
    if (this.#reasons.has(serviceId)) return;
    await this.#files.putMaintenance({ serviceId, reason });
    this.#reasons.set(serviceId, reason);
    this.show(serviceId);
  }

  /** Content where there is none. */
  async end(serviceId: string): Promise<void> {
    if (!this.#reasons.has(serviceId)) return;
    await this.#files.remove('maintenance', serviceId);
    this.#reasons.delete(serviceId);
    this.#rows.removeCheck(maintenanceId(serviceId));
  }

  /** Has the check that says so, where there is something to say. */
  show(serviceId: string): void {
    const reason = this.#reasons.get(serviceId);
    if (reason === undefined) return;
    const allocId = this.#rows.service(serviceId)?.allocId;
    const of = allocId === undefined ? {} : { allocId };
    const facts = { ...maintenanceFacts(serviceId, reason), ...of };
    this.#rows.putCheck({ ...of, facts, definition: undefined, source: 'api' });
  }
}
