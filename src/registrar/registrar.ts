/**
 * The registrar role: what this agent registers, kept on disk, checked, and told to the servers.
 *
 * RG1: a registration is on the disk before it counts; what the disk refuses never was.
 * RG2: changes are made one at a time, in the order in which they were asked for.
 * RG3: registering again what is registered already changes nothing: checks go on as they were.
 */
import type { Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import { same } from '../base/same.ts';
import type { CheckState } from '../core/checks/check.ts';
import type { Verdict } from '../core/checks/verdict.ts';
import { identityOf } from '../core/checks/facts.ts';
import type { ServiceFacts } from '../core/model/catalog.ts';
import {
  type CheckDefinition,
  type CheckFacts,
  type HealthStatus,
} from '../core/model/health-check.ts';
import type { AllocId } from '../core/model/ids.ts';
import { dnsWarnings } from '../core/registration/service-registration.ts';
import type {
  AllocCheckStatus,
  AllocRegistration,
  LocalCheck,
  LocalService,
  RegistrationSource,
  Registrar,
  Registrations,
  ServiceRegistration,
} from '../ports/registrar.ts';
import type { Service } from '../ports/service.ts';
import { Aliases } from './aliases.ts';
import { elapsed } from './elapsed.ts';
import { CheckLoop } from './check-loop.ts';
import { KeptFiles, type Kept } from './kept-files.ts';
import { MaintenanceModes } from './maintenance.ts';
import { ALIVE, LocalRows, toldOf, type Origin, type OwnedCheck } from './own-rows.ts';
import type { RegistrarDeps, RegistrarOptions } from './registrar-options.ts';
import { noteCheck } from './noted-check.ts';
import { mayRun, mayRunConfigured, mayRunOfJob } from './script-policy.ts';
import { Syncer, type OwnSide } from './syncer.ts';
import { TtlReports } from './ttl-reports.ts';
import { unknownCheck, unknownService } from './unknown.ts';

/** How long whoever asked for a change waits for the servers to have it [ms]. */
const TOLD_MS_MAX = 2_000;
/** How long the servers are waited for when the agent leaves [ms]. */
const LEAVE_MS_MAX = 5_000;

export class AgentRegistrar implements Registrar, Service {
  readonly name = 'registrar';
  readonly #options: RegistrarOptions;
  readonly #deps: RegistrarDeps;
  readonly #rows: LocalRows;
  readonly #files: KeptFiles;
  readonly #loop: CheckLoop;
  readonly #syncer: Syncer;
  readonly #aliases: Aliases;
  readonly #maintenance: MaintenanceModes;
  readonly #reports: TtlReports;
  readonly #underway = new Set<Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: RegistrarOptions, deps: RegistrarDeps) {
    this.#options = options;
    this.#deps = deps;
    const { clock, link, random, log } = deps;
    // What gossip says of it is the servers' to write: two that write would take turns for ever.
    const alive = { facts: ALIVE, pending: options.gossips === true };
    const ambient = { services: options.ownServices, checks: [alive] };
    this.#rows = new LocalRows(options.node, ambient, elapsed(clock));
    this.#files = new KeptFiles(deps.files, log);
    this.#reports = new TtlReports(this.#files);
    this.#maintenance = new MaintenanceModes(this.#rows, this.#files);
    this.#syncer = new Syncer(this.#side(), { link, clock, random: random.fork('sync'), log });
    this.#loop = new CheckLoop({
      probes: deps.probes,
      clock,
      random: random.fork('checks'),
      onState: (definition, state) => this.#noted(definition, state),
      onReap: (definition) => this.#reap(definition),
    });
    this.#aliases = new Aliases({
      link,
      clock,
      random: random.fork('aliases'),
      nodeName: options.node.name,
      isRegistered: (id) => this.#rows.service(id) !== undefined,
      checks: () => [...this.#rows.checks()].map(({ facts }) => facts),
      report: (id, verdict) => this.#loop.report(id, verdict),
    });
  }

  /** Takes up what an earlier run kept. Fails: `invalid` for what the files may not register. */
  static async open(options: RegistrarOptions, deps: RegistrarDeps): Promise<AgentRegistrar> {
    const made = new AgentRegistrar(options, deps);
    const kept = await made.#files.load();
    await made.#restore(kept);
    return made;
  }

  get nodeName(): string {
    return this.#options.node.name;
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#loop.run(signal),
      this.#syncer.run(signal),
      this.#aliases.run(signal),
    ]);
    await Promise.all(this.#underway);
  }

  services(): readonly LocalService[] {
    return this.#rows.sortedServices();
  }

  service(id: string): LocalService | undefined {
    return this.#rows.service(id);
  }

  checks(): readonly LocalCheck[] {
    return this.#rows.sortedChecks();
  }

  check(id: string): LocalCheck | undefined {
    const check = this.#rows.check(id);
    return check && this.#rows.localCheck(check);
  }

  async registerService(
    registration: ServiceRegistration,
    { replaceChecks }: { readonly replaceChecks: boolean },
  ): Promise<void> {
    const { service, checks } = registration;
    mayRun(checks, 'api', this.#options.scriptChecks);
    await this.#exclusively(async () => {
      this.#rows.refuseAllocs(service.id);
      this.#rows.needRoom(1 + checks.length);
      const told = new Set(checks.map(({ id }) => id));
      const others = this.#rows.definitionsOf(service.id).filter(({ id }) => !told.has(id));
      const all = replaceChecks ? checks : [...others, ...checks];
      await this.#files.putService({ service, checks: all });
      if (replaceChecks) for (const { id } of others) this.#dropCheck(id);
      this.#putService(service, 'api');
      for (const check of checks) this.#putCheck(check, { source: 'api' });
    });
    await this.#told();
  }

  async deregisterService(id: string): Promise<void> {
    await this.#exclusively(async () => {
      if (this.#rows.service(id) === undefined) throw unknownService(id);
      this.#rows.refuseAllocs(id);
      await this.#files.remove('services', id);
      await this.#dropService(id);
    });
    await this.#told();
  }

  async registerCheck(definition: CheckDefinition): Promise<void> {
    mayRun([definition], 'api', this.#options.scriptChecks);
    const { serviceId } = definition;
    await this.#exclusively(async () => {
      if (serviceId !== '' && this.#rows.service(serviceId) === undefined) {
        throw new Failure('not_found', `ServiceID "${serviceId}" does not exist`);
      }
      this.#rows.needRoom(1);
      const isOfKept = this.#rows.service(serviceId)?.source === 'api';
      if (!isOfKept) await this.#files.putCheck({ check: definition });
      else
        await this.#keepWith(serviceId, (checks) => [
          ...without(checks, definition.id),
          definition,
        ]);
      this.#putCheck(definition, { source: 'api' });
    });
    await this.#told();
  }

  async deregisterCheck(id: string): Promise<void> {
    await this.#exclusively(async () => {
      const check = this.#rows.check(id);
      if (check === undefined) throw unknownCheck(id);
      const { serviceId } = check.facts;
      if (check.definition === undefined) await this.#maintenance.end(serviceId);
      await this.#files.remove('checks', id);
      if (this.#rows.service(serviceId)?.source === 'api') {
        await this.#keepWith(serviceId, (checks) => without(checks, id));
      }
      this.#dropCheck(id);
      await this.#reports.forget(id);
    });
    await this.#told();
  }

  async reportTtl(id: string, status: HealthStatus, output: string): Promise<void> {
    const check = this.#rows.check(id);
    if (check === undefined) throw unknownCheck(id);
    const { definition } = check;
    if (definition?.probe.kind !== 'ttl') {
      throw new Failure('invalid', `CheckID "${id}" does not have associated TTL`);
    }
    const before = check.facts.status;
    this.#loop.report(id, { status, output });
    const state = this.#loop.state(id);
    if (state !== undefined) await this.#reports.keep(definition, state, this.#deps.clock.now());
    // What others decide by is told before the answer; the output may follow.
    if (before !== status) await this.#told();
  }

  async setNodeMaintenance(reason: string | undefined): Promise<void> {
    await this.#setMaintenance('', reason);
  }

  async setServiceMaintenance(serviceId: string, reason: string | undefined): Promise<void> {
    if (this.#rows.service(serviceId) === undefined) throw unknownService(serviceId);
    await this.#setMaintenance(serviceId, reason);
  }

  async reload({ services, checks }: Registrations): Promise<void> {
    const all = mayRunConfigured({ services, checks }, this.#options.scriptChecks);
    await this.#exclusively(async () => {
      const serviceIds = new Set(services.map(({ service }) => service.id));
      const checkIds = new Set(all.map(({ id }) => id));
      for (const { facts, source } of [...this.#rows.services()]) {
        if (source === 'config' && !serviceIds.has(facts.id)) await this.#dropService(facts.id);
      }
      for (const { facts, source } of [...this.#rows.checks()]) {
        if (source === 'config' && !checkIds.has(facts.id)) this.#dropCheck(facts.id);
      }
      await this.#takeConfigured({ services, checks });
    });
    await this.#told();
  }

  async leave(): Promise<void> {
    this.#syncer.leave();
    await this.#told(LEAVE_MS_MAX);
  }

  async registerAlloc(
    { allocId, services, checks }: AllocRegistration,
    onStatus: (status: AllocCheckStatus) => void,
  ): Promise<void> {
    mayRunOfJob(checks);
    await this.#exclusively(async () => {
      this.#rows.needRoom(services.length + checks.length);
      const serviceIds = new Set(services.map(({ id }) => id));
      const checkIds = new Set(checks.map(({ definition }) => definition.id));
      await this.#dropAlloc(
        allocId,
        (id) => serviceIds.has(id),
        (id) => checkIds.has(id),
      );
      for (const facts of services) this.#putService({ ...facts, allocId }, 'alloc', allocId);
      for (const { definition, run } of checks) {
        this.#putCheck(definition, { source: 'alloc', allocId, onStatus, run });
      }
    });
    await this.#told();
  }

  async deregisterAlloc(allocId: AllocId, signal: AbortSignal): Promise<void> {
    await this.#exclusively(() => this.#dropAlloc(allocId));
    this.#syncer.ring();
    await this.#syncer.settled(signal);
  }

  async #restore(kept: Kept): Promise<void> {
    this.#maintenance.load(kept.maintenance);
    this.#reports.load(kept.reports);
    const { registrations, scriptChecks } = this.#options;
    mayRunConfigured(registrations, scriptChecks);
    for (const { service, checks } of kept.services) {
      this.#putService(service, 'api');
      for (const check of checks) this.#restoreCheck(check);
    }
    await this.#takeConfigured(registrations);
    for (const { check } of kept.checks) {
      const { serviceId } = check;
      if (serviceId === '' || this.#rows.service(serviceId) !== undefined)
        this.#restoreCheck(check);
    }
    this.#maintenance.show('');
  }

  #restoreCheck(check: CheckDefinition): void {
    try {
      mayRun([check], 'api', this.#options.scriptChecks);
      this.#putCheck(check, { source: 'api' });
    } catch (error) {
      this.#deps.log(`registrar: check "${check.id}" is not run any more: ${explain(error)}`);
    }
  }

  /** Files count more than what was registered by hand before. */
  async #takeConfigured({ services, checks }: Registrations): Promise<void> {
    for (const { service, checks: own } of services) {
      if (this.#rows.service(service.id)?.source === 'api') {
        await this.#files.remove('services', service.id);
      }
      this.#putService(service, 'config');
      for (const check of own) this.#putCheck(check, { source: 'config' });
    }
    for (const check of checks) {
      const { id, serviceId } = check;
      if (serviceId !== '' && this.#rows.service(serviceId) === undefined) {
        this.#deps.log(`registrar: check "${id}" is left out: no service "${serviceId}"`);
        continue;
      }
      if (this.#rows.check(id)?.source === 'api') await this.#files.remove('checks', id);
      this.#putCheck(check, { source: 'config' });
    }
  }

  #side(): OwnSide {
    const rows = this.#rows;
    return {
      nodeName: rows.nodeName,
      rows: (now) => rows.rows(now),
      changesAt: () => rows.changesAt,
      adoptTags: (tags) => rows.adoptTags(tags),
      adoptVerdicts: (verdicts) => this.#adopt(verdicts),
      forgetRemoved: (isHeld) => rows.forgetRemoved(isHeld),
    };
  }

  #adopt(verdicts: ReadonlyMap<string, Verdict>): void {
    for (const [id, verdict] of verdicts) {
      const state = this.#loop.remember(id, verdict);
      const check = this.#rows.check(id);
      if (state === undefined || check?.definition === undefined) continue;
      this.#rows.putCheck({ ...check, facts: { ...check.facts, ...verdict } });
      check.onStatus?.(toldOf(check.definition, state));
    }
    this.#aliases.localChanged();
  }

  #putService(facts: ServiceFacts, source: RegistrationSource, allocId?: AllocId): void {
    const before = this.#rows.service(facts.id);
    if (before === undefined || before.facts.name !== facts.name) {
      for (const line of dnsWarnings(facts)) this.#deps.log(`registrar: warning: ${line}`);
    }
    this.#rows.putService({ facts, source, ...(allocId === undefined ? {} : { allocId }) });
    this.#maintenance.show(facts.id);
    this.#aliases.localChanged();
  }

  #putCheck(definition: CheckDefinition, from: Origin): void {
    const { id } = definition;
    const { run, ...origin } = from;
    const before = this.#rows.check(id);
    const running = this.#loop.state(id);
    if (before?.definition !== undefined && running !== undefined) {
      // RG3.
      if (same(before.definition, definition)) {
        this.#show(definition, running, origin);
        return;
      }
    }
    const past =
      running?.known === true
        ? running
        : this.#reports.remembered(definition, this.#deps.clock.now());
    const state = this.#loop.add(definition, past, run);
    this.#show(definition, state, origin);
    if (definition.probe.kind === 'alias') this.#aliases.add(id, definition.probe);
    else this.#aliases.remove(id);
    this.#aliases.localChanged();
  }

  #show(
    definition: CheckDefinition,
    state: CheckState,
    origin: Omit<OwnedCheck, 'facts' | 'definition' | 'pending'>,
  ): void {
    const { status, output } = state;
    const facts: CheckFacts = { ...identityOf(definition, origin.allocId), status, output };
    this.#rows.putCheck({ ...origin, facts, definition, pending: !state.known });
    origin.onStatus?.(toldOf(definition, state));
  }

  /** What a check found, or was told. */
  #noted(definition: CheckDefinition, state: CheckState): void {
    const before = this.#rows.check(definition.id);
    if (before === undefined) return;
    before.onStatus?.(toldOf(definition, state));
    const { row, tellAt } = noteCheck(before, state, () => this.#holdUntil());
    this.#rows.putCheck(row);
    if (tellAt === 'now') this.#syncer.ring();
    else if (tellAt !== undefined) this.#syncer.ringAt(tellAt);
    this.#aliases.localChanged();
  }

  /** Half the interval to one and a half: not all at once. */
  #holdUntil(): Millis {
    const { clock, random } = this.#deps;
    const spread = this.#options.checkUpdateIntervalMs * (0.5 + random.next());
    return (elapsed(clock) + Math.floor(spread)) as Millis;
  }

  #dropCheck(id: string): void {
    this.#loop.remove(id);
    this.#rows.removeCheck(id);
    this.#aliases.remove(id);
    this.#aliases.localChanged();
  }

  async #dropService(id: string): Promise<void> {
    for (const { facts, source } of this.#rows.checksOf(id)) {
      this.#dropCheck(facts.id);
      if (source === 'api') await this.#files.remove('checks', facts.id);
      await this.#reports.forget(facts.id);
    }
    await this.#maintenance.end(id);
    this.#rows.removeService(id);
    this.#aliases.localChanged();
  }

  async #dropAlloc(
    allocId: AllocId,
    keepsService: (id: string) => boolean = () => false,
    keepsCheck = keepsService,
  ): Promise<void> {
    for (const check of [...this.#rows.checks()]) {
      const { id, serviceId } = check.facts;
      const isOf = check.allocId ?? this.#rows.service(serviceId)?.allocId;
      const stays = check.allocId === undefined ? keepsService(serviceId) : keepsCheck(id);
      if (isOf !== allocId || stays) continue;
      this.#dropCheck(id);
      await this.#reports.forget(id);
    }
    for (const service of [...this.#rows.services()]) {
      const { id } = service.facts;
      if (service.allocId !== allocId || keepsService(id)) continue;
      await this.#maintenance.end(id);
      this.#rows.removeService(id);
    }
  }

  async #setMaintenance(serviceId: string, reason: string | undefined): Promise<void> {
    await this.#exclusively(async () => {
      if (reason === undefined) await this.#maintenance.end(serviceId);
      else await this.#maintenance.begin(serviceId, reason);
      this.#aliases.localChanged();
    });
    await this.#told();
  }

  /** Writes a service's file with its checks as they are going to be. */
  async #keepWith(
    serviceId: string,
    change: (checks: readonly CheckDefinition[]) => readonly CheckDefinition[],
  ): Promise<void> {
    const service = this.#rows.service(serviceId);
    if (service === undefined) return;
    const checks = change(this.#rows.definitionsOf(serviceId));
    await this.#files.putService({ service: service.facts, checks });
  }

  /** H4 of a check's life. */
  #reap({ id, serviceId }: CheckDefinition): void {
    const { log } = this.#deps;
    log(`registrar: service "${serviceId}" is deregistered: check "${id}" was critical too long`);
    const done = this.deregisterService(serviceId)
      .catch((error: unknown) => {
        log(`registrar: cannot deregister service "${serviceId}": ${explain(error)}`);
      })
      .finally(() => this.#underway.delete(done));
    this.#underway.add(done);
  }

  /** Waits until the servers have what was so when it was called, but not for long. */
  async #told(withinMs: number = TOLD_MS_MAX): Promise<void> {
    this.#syncer.ring();
    const enough = new AbortController();
    const late = this.#deps.clock.sleep(withinMs, enough.signal);
    await Promise.race([this.#syncer.settled(enough.signal), late]);
    enough.abort();
  }

  async #exclusively<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(change); // RG2
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function without(checks: readonly CheckDefinition[], id: string): readonly CheckDefinition[] {
  return checks.filter((check) => check.id !== id);
}
