/**
 * Keeps aliases as healthy as what they stand for, here and on other machines.
 *
 * AL1: neither an alias nor another of the same target counts for it: they would hold each other
 * where they are.
 */
import type { Index } from '../base/brand.ts';
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { aliasVerdict } from '../core/checks/alias.ts';
import { failedVerdict, type Verdict } from '../core/checks/verdict.ts';
import { folded } from '../core/model/catalog.ts';
import type { AliasProbe, CheckFacts } from '../core/model/health-check.ts';
import type { CatalogLink } from '../ports/catalog-link.ts';
import type { Clock } from '../ports/clock.ts';
import { isAborted } from '../run/aborted.ts';
import { Bell } from '../run/bell.ts';

export interface AliasDeps {
  readonly link: CatalogLink;
  readonly clock: Clock;
  readonly random: Random;
  /** What this agent has. */
  readonly nodeName: string;
  readonly isRegistered: (serviceId: string) => boolean;
  readonly checks: () => readonly CheckFacts[];
  readonly report: (checkId: string, verdict: Verdict) => void;
}

/** Pause after the servers could not be asked [ms]. */
const RETRY_MS = 2_000;
/** Changes of one machine within so long are looked at together [ms]. */
const PAUSE_MS = 100;

export class Aliases {
  readonly #deps: AliasDeps;
  readonly #aliases = new Map<string, AliasProbe>();
  readonly #bell = new Bell();
  /** Watches of other machines, by folded name. */
  readonly #watches = new Map<string, AbortController>();

  constructor(deps: AliasDeps) {
    this.#deps = deps;
  }

  add(checkId: string, written: AliasProbe): void {
    const isOwn = folded(written.node) === folded(this.#deps.nodeName);
    const probe = isOwn ? { ...written, node: '' } : written;
    this.#aliases.set(checkId, probe);
    this.#bell.ring();
    if (probe.node === '') this.#refresh(checkId, probe);
  }

  remove(checkId: string): void {
    if (this.#aliases.delete(checkId)) this.#bell.ring();
  }

  /** Something changed here. */
  localChanged(): void {
    for (const [id, probe] of this.#aliases) if (probe.node === '') this.#refresh(id, probe);
  }

  /** Watches other machines until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const underway = new Set<Promise<void>>();
    while (!signal.aborted) {
      for (const node of this.#nodes()) {
        if (this.#watches.has(node)) continue;
        const stop = new AbortController();
        this.#watches.set(node, stop);
        const both = AbortSignal.any([stop.signal, signal]);
        const done = this.#watch(node, both).finally(() => underway.delete(done));
        underway.add(done);
      }
      const wanted = this.#nodes();
      for (const [node, stop] of this.#watches) {
        if (wanted.has(node)) continue;
        stop.abort();
        this.#watches.delete(node);
      }
      await this.#bell.wait(this.#deps.clock, undefined, signal);
    }
    await Promise.all(underway);
  }

  #nodes(): ReadonlySet<string> {
    const names = [...this.#aliases.values()].map(({ node }) => folded(node));
    return new Set(names.filter((name) => name !== ''));
  }

  #refresh(checkId: string, { serviceId }: AliasProbe): void {
    const { isRegistered, report } = this.#deps;
    const checks = this.#deps.checks().filter(({ id }) => !this.#standsFor(id, serviceId));
    report(checkId, aliasVerdict({ serviceId, isRegistered: isRegistered(serviceId), checks }));
  }

  /** AL1. */
  #standsFor(checkId: string, serviceId: string): boolean {
    const probe = this.#aliases.get(checkId);
    return probe?.node === '' && probe.serviceId === serviceId;
  }

  async #watch(node: string, signal: AbortSignal): Promise<void> {
    const { link, clock, random } = this.#deps;
    let after: Index | undefined;
    while (!signal.aborted) {
      try {
        const rows = await link.watchNode(node, after, signal);
        if (isAborted(signal)) return;
        after = rows.index;
        this.#told(node, rows);
        await clock.sleep(PAUSE_MS, signal);
      } catch (error) {
        if (isAborted(signal)) return;
        const why = failedVerdict(`Failure checking the alias: ${explain(error)}`);
        for (const [id] of this.#of(node)) this.#deps.report(id, why);
        after = undefined;
        await clock.sleep(RETRY_MS * (0.5 + random.next()), signal);
      }
    }
  }

  #told(node: string, rows: Awaited<ReturnType<CatalogLink['watchNode']>>): void {
    const ids = new Set(rows.services.map(({ id }) => id));
    for (const [id, { serviceId }] of this.#of(node)) {
      const isRegistered = ids.has(serviceId);
      this.#deps.report(id, aliasVerdict({ serviceId, isRegistered, checks: rows.checks }));
    }
  }

  #of(node: string): readonly (readonly [string, AliasProbe])[] {
    return [...this.#aliases].filter(([, probe]) => folded(probe.node) === node);
  }
}
