/**
 * The balancer role: keeps the table in step with the catalog, listens, and drains.
 *
 * B1: a table comes into force whole; one that cannot be built changes nothing: the last good one
 *     stays.
 * B2: what leaves the table gets nothing new; what is under way there ends in its own time.
 * B3: what is skipped is told once, and again only after it had been right.
 * B4: new settings count for what begins after them; nothing is cut off for them.
 */
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { offersOf, overrideText, type ReadTags } from '../core/balancer/offers.ts';
import { override, parseOverrides, type ReadLines } from '../core/balancer/override.ts';
import type { HistoryEntry } from '../core/balancer/page.ts';
import { OVERRIDE_KEYS, type BalancerSettings } from '../core/balancer/settings.ts';
import { changeBetween } from '../core/balancer/show.ts';
import { buildTable, type Table } from '../core/balancer/table.ts';
import type { BalancerCatalog } from '../ports/balancer-catalog.ts';
import type { BalancerSockets, Certificate, ListenAt } from '../ports/balancer.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpServer } from '../ports/http.ts';
import type { Service } from '../ports/service.ts';
import { isAborted } from '../run/aborted.ts';
import { Bell } from '../run/bell.ts';
import { Certificates, type CertificateFiles } from './certificates.ts';
import { Listener } from './listeners.ts';
import { pageApp } from './page-app.ts';
import { Tally } from './tally.ts';
import { TcpListeners } from './tcp-listeners.ts';
import { BalancerTraffic } from './traffic.ts';

export interface BalancerOptions {
  readonly settings: BalancerSettings;
  /** Traffic; TCP rules listen on the same host. */
  readonly http: ListenAt;
  /** Undefined: no TLS. */
  readonly tls?: ListenAt;
  /** Undefined: no page. */
  readonly page?: ListenAt;
}

export interface BalancerDeps {
  readonly catalog: BalancerCatalog;
  readonly sockets: BalancerSockets;
  readonly httpServer: HttpServer;
  readonly certificateFiles: CertificateFiles;
  /** The text of a file with routes. Fails: `not_found`. */
  readonly routesFile: (path: string) => Promise<string>;
  readonly clock: Clock;
  readonly random: Random;
  readonly note: (line: string) => void;
}

/** Tables remembered for the page. */
const HISTORY_MAX = 100;
/** Lines of changes kept of one table; a catalog that comes all at once would be kept twice. */
const CHANGE_LINES_MAX = 200;
/**
 * Part of the time that may go into building tables: after a table that took 50 ms the next waits
 * 200 ms, whatever changes meanwhile.
 */
const REST_PER_WORK = 4;
/** What a page's reader may take to finish [ms]. */
const PAGE_GRACE_MS = 500;

export class Balancer implements Service {
  readonly name = 'balancer';
  readonly #deps: BalancerDeps;
  readonly #tally = new Tally();
  readonly #traffic: BalancerTraffic;
  readonly #certificates: Certificates;
  readonly #tcp: TcpListeners;
  readonly #listeners: Readonly<Record<'http' | 'tls' | 'page', Listener>>;
  readonly #bell = new Bell();
  readonly #readTags: ReadTags = new Map();
  readonly #readLines: ReadLines = new Map();
  #options: BalancerOptions;
  /** What `options` were last carried out; undefined: none yet. */
  #inForce: BalancerOptions | undefined;
  /** The routes of the file, as last read. */
  #fileText = '';
  #history: readonly HistoryEntry[] = [];
  #problems: ReadonlySet<string> = new Set();
  #isReady = false;

  constructor(options: BalancerOptions, deps: BalancerDeps) {
    const { clock, random, note, sockets } = deps;
    this.#options = options;
    this.#deps = deps;
    const { settings } = options;
    const tally = this.#tally;
    this.#traffic = new BalancerTraffic({ settings, clock, random, tally, access: note });
    this.#certificates = new Certificates(deps.certificateFiles, note);
    this.#tcp = new TcpListeners(options.http.host, this.#traffic, { sockets, note });
    this.#listeners = this.#makeListeners();
  }

  /** Where it listens just now: undefined before `run` and after. */
  get ports(): BalancerPorts | undefined {
    const { http, tls, page } = this.#listeners;
    if (!this.#isReady || http.port === undefined) return undefined;
    return {
      http: http.port,
      ...(tls.port === undefined ? {} : { tls: tls.port }),
      ...(page.port === undefined ? {} : { page: page.port }),
    };
  }

  get table(): Table {
    return this.#traffic.table;
  }

  /** From soon on it goes by these (B4). A file with routes is read again in any case. */
  configure(options: BalancerOptions): void {
    this.#options = { ...options };
    this.#bell.ring();
  }

  /** Fails: as `BalancerSockets.listenHttp`. */
  async run(signal: AbortSignal): Promise<void> {
    const unsubscribe = this.#deps.catalog.subscribe(() => this.#bell.ring());
    const { http, tls, page } = this.#listeners;
    try {
      const options = this.#options;
      this.#inForce = options;
      await this.#readRoutesFile();
      this.#refresh();
      await this.#tcp.follow(this.table);
      await this.#refreshCertificates();
      await http.start(options.http);
      await tls.start(options.tls);
      await page.start(options.page);
      this.#isReady = true;
      await this.#keepUp(signal);
    } finally {
      unsubscribe();
      this.#isReady = false;
      await Promise.all([
        ...[http, tls, page].map((each) => each.close()),
        this.#tcp.close(this.#options.settings.drainTimeoutMs),
      ]);
      this.#deps.sockets.close();
    }
  }

  #makeListeners(): Readonly<Record<'http' | 'tls' | 'page', Listener>> {
    const { sockets, httpServer, note } = this.#deps;
    const graceMs = (): number => this.#options.settings.drainTimeoutMs;
    const certificate = (name: string): Certificate | undefined => this.#certificates.of(name);
    return {
      http: new Listener(
        { name: 'routing', graceMs, open: (at) => sockets.listenHttp(at, this.#traffic) },
        note,
      ),
      tls: new Listener(
        {
          ...{ name: 'routing TLS', graceMs },
          open: (at) => sockets.listenTls(at, this.#traffic, certificate),
        },
        note,
      ),
      page: new Listener(
        {
          ...{ name: 'the page', graceMs: () => PAGE_GRACE_MS },
          open: (at) => httpServer.listen(at, this.#page()),
        },
        note,
      ),
    };
  }

  async #keepUp(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let restMs = 0;
    while (!signal.aborted) {
      await this.#bell.wait(clock, undefined, signal);
      if (isAborted(signal)) return;
      const beganMs = clock.elapsedMs();
      if (this.#inForce !== this.#options) await this.#reconfigure(this.#options);
      this.#refresh();
      await this.#tcp.follow(this.table);
      await this.#refreshCertificates();
      restMs = (clock.elapsedMs() - beganMs) * REST_PER_WORK;
      if (restMs > 1) await clock.sleep(restMs, signal);
    }
  }

  async #reconfigure(options: BalancerOptions): Promise<void> {
    const { settings, http, tls, page } = options;
    if (this.#inForce?.settings.tagPrefix !== settings.tagPrefix) this.#readTags.clear();
    this.#inForce = options;
    this.#traffic.configure(settings);
    this.#deps.sockets.configure(settings);
    this.#tcp.host = http.host;
    await this.#readRoutesFile();
    await this.#listeners.http.move(http);
    await this.#listeners.tls.move(tls);
    await this.#listeners.page.move(page);
  }

  /** A file that cannot be read leaves its routes as they were (B1). */
  async #readRoutesFile(): Promise<void> {
    const { routesFile } = this.#options.settings;
    try {
      this.#fileText = routesFile === '' ? '' : await this.#deps.routesFile(routesFile);
    } catch (error) {
      this.#deps.note(`the routes of "${routesFile}" stay as they are: ${explain(error)}`);
    }
  }

  async #refreshCertificates(): Promise<void> {
    const { tls, settings } = this.#options;
    const view = this.#deps.catalog.view();
    if (tls !== undefined && view !== undefined) {
      await this.#certificates.refresh(view, settings.certificateDir);
    }
  }

  /** Builds the table of now and puts it into force (B1). */
  #refresh(): void {
    try {
      const view = this.#deps.catalog.view();
      if (view === undefined) return;
      const { tagPrefix, routesFile } = this.#options.settings;
      const found = offersOf(view, tagPrefix, this.#readTags);
      const filed = parseOverrides(this.#fileText, this.#readLines);
      const own = parseOverrides(overrideText(view, OVERRIDE_KEYS), this.#readLines);
      this.#tell([
        ...found.problems,
        ...filed.problems.map((line) => `routes of "${routesFile}", ${line}`),
        ...own.problems.map((line) => `routes by hand, ${line}`),
      ]);
      this.#swap(buildTable(override(found.offers, [...filed.commands, ...own.commands])));
    } catch (error) {
      if (error instanceof Bug) throw error;
      this.#deps.note(`the routes stay as they are: ${explain(error)}`);
    }
  }

  #swap(table: Table): void {
    const change = changeBetween(this.table, table);
    if (change.added.length === 0 && change.removed.length === 0) return;
    this.#traffic.swap(table);
    const addresses = table.rules.flatMap(({ targets }) => targets.map(({ address }) => address));
    this.#deps.sockets.keepOnly(new Set(addresses));
    const entry: HistoryEntry = {
      at: this.#deps.clock.now(),
      rules: table.rules.length,
      added: change.added.slice(0, CHANGE_LINES_MAX),
      removed: change.removed.slice(0, CHANGE_LINES_MAX),
    };
    this.#history = [entry, ...this.#history].slice(0, HISTORY_MAX);
  }

  #tell(problems: readonly string[]): void {
    const now = new Set(problems);
    for (const problem of now) {
      if (!this.#problems.has(problem)) this.#deps.note(`skipped: ${problem}`);
    }
    this.#problems = now;
  }

  #page(): ReturnType<typeof pageApp> {
    return pageApp({
      table: () => this.table,
      history: () => this.#history,
      problems: () => [...this.#problems],
      active: () => this.#traffic.active,
      settings: () => this.#options.settings,
      // Without a table nothing is routed yet, however well it listens.
      ready: () => this.#isReady && this.#deps.catalog.view() !== undefined,
      metrics: () => {
        const { rules } = this.table;
        const targets = rules.reduce((sum, rule) => sum + rule.targets.length, 0);
        const active = [...this.#traffic.active.values()].reduce((sum, n) => sum + n, 0);
        return this.#tally.prometheus({ rules: rules.length, targets, active });
      },
    });
  }
}

export interface BalancerPorts {
  readonly http: number;
  readonly tls?: number;
  readonly page?: number;
}
