/** What is answered on the page's port: routes, history, health, metrics. */
import { explain } from '../base/failure.ts';
import { page, type HistoryEntry, type PageFacts } from '../core/balancer/page.ts';
import type { BalancerSettings } from '../core/balancer/settings.ts';
import { routeLines, shownRoutes } from '../core/balancer/show.ts';
import type { Table } from '../core/balancer/table.ts';
import type { HttpApp, HttpReply } from '../ports/http.ts';

export interface PageSource {
  readonly table: () => Table;
  /** Newest first. */
  readonly history: () => readonly HistoryEntry[];
  readonly problems: () => readonly string[];
  readonly active: () => ReadonlyMap<string, number>;
  readonly metrics: () => string;
  readonly settings: () => BalancerSettings;
  /** False before the first table, and while it ends. */
  readonly ready: () => boolean;
}

export function pageApp(source: PageSource): HttpApp {
  const facts = (): PageFacts => ({
    routes: shownRoutes(source.table()),
    history: source.history(),
    problems: source.problems(),
    active: source.active(),
  });
  const answers: Readonly<Record<string, () => HttpReply>> = {
    '/': () => reply(200, 'text/html', page(facts())),
    '/routes': () => reply(200, 'text/plain', `${routeLines(source.table()).join('\n')}\n`),
    '/api/routes': () => json(shownRoutes(source.table())),
    '/api/history': () => json(source.history().map(shownHistory)),
    '/api/problems': () => json(source.problems()),
    '/api/config': () => json(shownSettings(source.settings())),
    '/health': () => (source.ready() ? plain(200, 'OK\n') : plain(503, 'not ready\n')),
    '/metrics': () => reply(200, 'text/plain; version=0.0.4', source.metrics()),
  };
  return {
    mounts: Object.entries(answers).map(([path, answer]) => ({
      method: 'GET',
      path,
      handle: () => Promise.resolve(answer()),
    })),
    rewrite: (path) => path,
    missing: (_request, allowed) =>
      allowed.length > 0 ? plain(405, 'only GET\n') : plain(404, 'no such page\n'),
    failed: (error) => plain(500, `${explain(error)}\n`),
  };
}

function shownHistory({ at, rules, added, removed }: HistoryEntry): object {
  return { at: new Date(at).toISOString(), rules, added, removed };
}

/** Without what lets anybody in. */
function shownSettings({ auth, ...settings }: BalancerSettings): object {
  const schemes = Object.entries(auth).map(([name, { realm, users }]) => [
    name,
    { realm, users: Object.keys(users) },
  ]);
  return { ...settings, auth: Object.fromEntries(schemes) as object };
}

function json(value: unknown): HttpReply {
  return reply(200, 'application/json', `${JSON.stringify(value)}\n`);
}

function plain(status: number, body: string): HttpReply {
  return reply(status, 'text/plain', body);
}

function reply(status: number, type: string, body: string): HttpReply {
  const charset = type.includes('charset') || type.includes('json') ? '' : '; charset=utf-8';
  return { status, headers: { 'content-type': `${type}${charset}` }, body };
}
