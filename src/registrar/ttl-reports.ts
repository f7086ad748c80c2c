/** What was last reported of each `ttl` check, so that a restart of the agent is not noticed. */
import type { Millis } from '../base/brand.ts';
import type { CheckState, Remembered } from '../core/checks/check.ts';
import type { CheckDefinition } from '../core/model/health-check.ts';
import type { KeptReport } from '../core/registration/kept.ts';
import type { KeptFiles } from './kept-files.ts';

/** How many times to live a report is remembered over a restart: it is written each half. */
const REPORT_LIFE = 1.5;

export class TtlReports {
  readonly #files: KeptFiles;
  readonly #last = new Map<string, KeptReport>();

  constructor(files: KeptFiles) {
    this.#files = files;
  }

  load(reports: readonly KeptReport[]): void {
    for (const report of reports) this.#last.set(report.id, report);
  }

  /** What is still good of an earlier report. */
  remembered({ id, probe }: CheckDefinition, now: Millis): Remembered | undefined {
    const report = this.#last.get(id);
    if (report === undefined || probe.kind !== 'ttl') return undefined;
    return now < report.at + REPORT_LIFE * probe.ttlMs ? report : undefined;
  }

  /** Written when the status changes, and now and then: a service may report each second. */
  async keep(
    { id, probe }: CheckDefinition,
    { status, output }: CheckState,
    at: Millis,
  ): Promise<void> {
    if (probe.kind !== 'ttl') return;
    const last = this.#last.get(id);
    if (last?.status === status && at < last.at + probe.ttlMs / 2) return;
    const report: KeptReport = { id, status, output, at };
    this.#last.set(id, report);
    await this.#files.putReport(report);
  }

  async forget(id: string): Promise<void> {
    if (this.#last.delete(id)) await this.#files.remove('reports', id);
  }
}
