/**
 * The balancer role: keeps the table in step with the catalog, listens, and drains.
 *
 * B1: a table comes into force whole; one that cannot be built changes nothing: the last good one
 *     stays.
 * B2: what leaves the table gets nothing new; what is under way there ends in its own time.
 * B3: what is skipped is told once, and again only after it had been right.
 */
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { offersOf, overrideText, type ReadTags } from '../core/balancer/offers.ts';
import { override, parseOverrides } from '../core/balancer/override.ts';
import type { HistoryEntry } from '../core/balancer/page.ts';
import { OVERRIDE_KEYS, type BalancerSettings } from '../core/balancer/settings.ts';
import { changeBetween } from '../core/balancer/show.ts';
import { buildTable, type Table } from '../core/balancer/table.ts';
import type { BalancerCatalog } from '../ports/balancer-catalog.ts';
import type { BalancerSockets, ListenAt, ProxyListener } from '../ports/balancer.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpListener, HttpServer } from '../ports/http.ts';
import type { Service } from '../ports/service.ts';
import { isAborted } from '../run/aborted.ts';
import { Bell } from '../run/bell.ts';
import { Certificates, type CertificateFiles } from './certificates.ts';
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
  readonly #options: BalancerOptions;
  readonly #deps: BalancerDeps;
  readonly #tally = new Tally();
  readonly #traffic: BalancerTraffic;
  readonly #certificates: Certificates;
  readonly #bell = new Bell();
  readonly #readTags: ReadTags = new Map();
  #history: readonly HistoryEntry[] = [];
  #problems: ReadonlySet<string> = new Set();
  #isReady = false;
  #ports: BalancerPorts | undefined;

  constructor(options: BalancerOptions, deps: BalancerDeps) {
    this.#options = options;
    this.#deps = deps;
    const { settings } = options;
    this.#traffic = new BalancerTraffic({
      ...{ settings, clock: deps.clock, random: deps.random, tally: this.#tally },
      access: deps.note,
    });
    this.#certificates = new Certificates(deps.certificateFiles, deps.note);
  }

  /** Where it listens just now: undefined before `run` and after. */
  get ports(): BalancerPorts | undefined {
    return this.#ports;
  }

  get table(): Table {
    return this.#traffic.table;
  }

  /** Fails: as `BalancerSockets.listenHttp`. */
  async run(signal: AbortSignal): Promise<void> {
    const { catalog, sockets, note } = this.#deps;
    const { http, settings } = this.#options;
    const unsubscribe = catalog.subscribe(() => this.#bell.ring());
    const tcp = new TcpListeners(http.host, this.#traffic, { sockets, note });
    const open: Listeners = { tcp, proxies: [], page: undefined };
    try {
      this.#refresh();
      await tcp.follow(this.table);
      await this.#listen(open);
      this.#isReady = true;
      await this.#keepUp(tcp, signal);
    } finally {
      unsubscribe();
      this.#isReady = false;
      this.#ports = undefined;
      const graceMs = settings.drainTimeoutMs;
      await Promise.all([
        ...open.proxies.map((each) => each.close(graceMs)),
        tcp.close(graceMs),
        open.page?.close(PAGE_GRACE_MS),
      ]);
      sockets.close();
    }
  }

  async #listen(open: Listeners): Promise<void> {
    const { sockets, httpServer, note } = this.#deps;
    const { http, tls, page } = this.#options;
    const front = await sockets.listenHttp(http, this.#traffic);
    open.proxies.push(front);
    note(`routing on ${http.host}:${front.port}`);
    let secure: ProxyListener | undefined;
    if (tls !== undefined) {
      await this.#certificates.refresh(this.#deps.catalog.state());
      secure = await sockets.listenTls(tls, this.#traffic, (name) => this.#certificates.of(name));
      open.proxies.push(secure);
      note(`routing TLS on ${tls.host}:${secure.port}`);
    }
    if (page !== undefined) {
      open.page = await httpServer.listen(page, this.#page());
      note(`the page is on ${open.page.host}:${open.page.port}`);
    }
    this.#ports = {
      http: front.port,
      ...(secure === undefined ? {} : { tls: secure.port }),
      ...(open.page === undefined ? {} : { page: open.page.port }),
    };
  }

  async #keepUp(tcp: TcpListeners, signal: AbortSignal): Promise<void> {
    const { clock, catalog } = this.#deps;
    let restMs = 0;
    while (!signal.aborted) {
      await this.#bell.wait(clock, undefined, signal);
      if (isAborted(signal)) return;
      const beganMs = clock.elapsedMs();
      this.#refresh();
      await tcp.follow(this.table);
      if (this.#options.tls !== undefined) await this.#certificates.refresh(catalog.state());
      restMs = (clock.elapsedMs() - beganMs) * REST_PER_WORK;
      if (restMs > 1) await clock.sleep(restMs, signal);
    }
  }

  /** Builds the table of now and puts it into force (B1). */
  #refresh(): void {
    try {
      const state = this.#deps.catalog.state();
      const found = offersOf(state, this.#options.settings.tagPrefix, this.#readTags);
      const own = parseOverrides(overrideText(state, OVERRIDE_KEYS));
      this.#tell([...found.problems, ...own.problems.map((line) => `routes by hand, ${line}`)]);
      this.#swap(buildTable(override(found.offers, own.commands)));
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
      ready: () => this.#isReady,
      metrics: () => {
        const { rules } = this.table;
        const targets = rules.reduce((sum, rule) => sum + rule.targets.length, 0);
        const active = [...this.#traffic.active.values()].reduce((sum, n) => sum + n, 0);
        return this.#tally.prometheus({ rules: rules.length, targets, active });
      },
    });
  }
}

interface Listeners {
  readonly tcp: TcpListeners;
  readonly proxies: ProxyListener[];
  page: HttpListener | undefined;
}

export interface BalancerPorts {
  readonly http: number;
  readonly tls?: number;
  readonly page?: number;
}
