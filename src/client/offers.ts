/**
 * Keeps what an allocation offers in the catalog as its tasks come and go.
 *
 * CO1: what is withdrawn is out of the catalog before the next step of the allocation is carried
 *      out, or `WITHDRAW_MS_MAX` have passed: servers that are away do not keep a task alive.
 * CO2: the registrar hears of changes one at a time, in their order.
 */
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { CheckResult } from '../core/model/check-result.ts';
import type { HealthStatus } from '../core/model/health-check.ts';
import type { AllocId } from '../core/model/ids.ts';
import { checkResults, type CheckNote } from '../core/offers/check-result.ts';
import { allChecks, NO_OFFERS, offersOf } from '../core/offers/offers.ts';
import type { OfferPlace, Offers } from '../core/offers/offers.ts';
import type { OfferedCheck } from '../core/offers/offered-check.ts';
import type { AllocRun } from '../core/runner/alloc.ts';
import type { WatchedCheck } from '../core/runner/checks.ts';
import type { RunProbe } from '../ports/check-probes.ts';
import type { Clock } from '../ports/clock.ts';
import type { AllocCheck, AllocCheckStatus, Registrar } from '../ports/registrar.ts';

/** How long the servers are waited for before a task goes down all the same [ms]. */
const WITHDRAW_MS_MAX = 5_000;

/** What allocations ask of the registrar. */
export type AllocRegistrar = Pick<Registrar, 'registerAlloc' | 'deregisterAlloc'>;

export interface AllocOffersDeps {
  readonly registrar: AllocRegistrar;
  readonly clock: Clock;
  /** Where the allocation is now: an update in place changes it. */
  readonly place: () => OfferPlace;
  /** Runs a command inside a task. */
  readonly script: (task: string, args: readonly string[]) => RunProbe;
  readonly onCheck: (id: string, status: HealthStatus) => void;
  readonly log: (line: string) => void;
}

export class AllocOffers {
  readonly #allocId: AllocId;
  readonly #deps: AllocOffersDeps;
  readonly #notes = new Map<string, CheckNote>();
  #told = NO_OFFERS;
  #toldText = JSON.stringify(NO_OFFERS);
  /** Resolves when the registrar has heard of everything so far (CO2). */
  #heard: Promise<void> = Promise.resolve();

  constructor(allocId: AllocId, deps: AllocOffersDeps) {
    this.#allocId = allocId;
    this.#deps = deps;
  }

  /** What the allocation's health and restarts depend on. */
  watched(): readonly WatchedCheck[] {
    return allChecks(this.#deps.place());
  }

  /** How the checks that are offered now came out. @param name of the allocation */
  results(name: string): readonly CheckResult[] {
    return checkResults(this.#deps.place(), this.#told, { name, notes: this.#notes });
  }

  /** Brings the catalog to what runs now; waits only for what is withdrawn (CO1). */
  async follow(run: AllocRun): Promise<void> {
    const offers = offersOf(this.#deps.place(), run);
    const text = JSON.stringify(offers);
    if (text === this.#toldText) return;
    const stays = new Set(offers.services.map(({ id }) => id));
    const withdraws = this.#told.services.some(({ id }) => !stays.has(id));
    this.#told = offers;
    this.#toldText = text;
    const deadline = new AbortController();
    this.#heard = this.#heard.then(() => this.#tell(offers, deadline.signal));
    if (!withdraws) return;
    await Promise.race([
      this.#heard.finally(() => deadline.abort()),
      this.#deps.clock.sleep(WITHDRAW_MS_MAX, deadline.signal),
    ]);
    deadline.abort();
  }

  async #tell(offers: Offers, signal: AbortSignal): Promise<void> {
    const { registrar, log } = this.#deps;
    const allocId = this.#allocId;
    try {
      if (offers.services.length === 0) {
        await registrar.deregisterAlloc(allocId, signal);
        return;
      }
      const checks = offers.checks.map((check) => this.#checkOf(check));
      const { services } = offers;
      await registrar.registerAlloc({ allocId, services, checks }, (told) => this.#noted(told));
    } catch (error) {
      if (error instanceof Bug) throw error;
      log(`client: services of allocation ${allocId}: ${explain(error)}`);
    }
  }

  #checkOf({ definition, commandTask }: OfferedCheck): AllocCheck {
    const { probe } = definition;
    if (commandTask === undefined || !('args' in probe)) return { definition };
    return { definition, run: this.#deps.script(commandTask, probe.args) };
  }

  /** A check that has not run yet says nothing, unless its author had it begin as passing. */
  #noted({ checkId, status, output, known }: AllocCheckStatus): void {
    this.#notes.set(checkId, { status, output, known, at: this.#deps.clock.now() });
    if (known || status === 'passing') this.#deps.onCheck(checkId, status);
  }
}
