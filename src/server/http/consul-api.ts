/** The whole discovery API as an HTTP application. */
import { Failure } from '../../base/failure.ts';
import type { BodyBound, HttpApp, HttpMount, HttpReply, HttpRequest } from '../../ports/http.ts';
import { CATALOG_BODY_BYTES_MAX } from '../../core/limits.ts';
import { CONSUL_ROUTES } from '../../api/consul/all-routes.ts';
import { parseQuery } from '../../api/query.ts';
import { agentHandlers } from './consul/agent.ts';
import { catalogHandlers } from './consul/catalog.ts';
import { coordinateHandlers } from './consul/coordinate.ts';
import type { ConsulDeps, OwnAgentDeps } from './consul/deps.ts';
import { eventHandlers } from './consul/event.ts';
import { consulFailureReply } from './consul/fail.ts';
import { healthHandlers } from './consul/health.ts';
import { kvHandlers } from './consul/kv.ts';
import { kvWatchHandlers } from './consul/kv-watch.ts';
import type { OwnAgent } from './consul/own-agent.ts';
import { operatorHandlers } from './consul/operator.ts';
import { queryHandlers } from './consul/query.ts';
import { withBodyBound } from './consul/small-body.ts';
import { sessionHandlers } from './consul/session.ts';
import { snapshotHandlers } from './consul/snapshot.ts';
import { txnHandlers } from './consul/txn.ts';
import { uiHandlers } from './consul/ui.ts';
import { textReply } from './fail.ts';
import { withForwarded } from './forwarded-mounts.ts';
import type { Bound } from './mount.ts';
import type { Elsewhere } from './placed-app.ts';

/** Every endpoint with its handler. */
export function consulHandlers(deps: ConsulDeps): readonly Bound[] {
  return [
    ...catalogHandlers(deps),
    ...healthHandlers(deps),
    ...queryHandlers(deps),
    ...coordinateHandlers(deps),
    ...operatorHandlers(deps),
    ...kvHandlers(deps),
    ...kvWatchHandlers(deps),
    ...txnHandlers(deps),
    ...sessionHandlers(deps),
    ...eventHandlers(deps),
    ...snapshotHandlers(deps),
    ...uiHandlers(deps),
    ...(deps.own === undefined ? [] : agentHandlers(deps, deps.own)),
  ];
}

/**
 * What an HTTP server listens with on the discovery port.
 *
 * @param report is told of errors that are nobody's fault but ours
 */
export function consulApp(deps: ConsulDeps, report: (error: unknown) => void): HttpApp {
  const handlers = consulHandlers(deps);
  const mounts = handlers.flatMap((bound) =>
    bound.mounts.map((mount) => inDatacenter(bounded(mount), deps)),
  );
  return appOf(handlers, mounts, report);
}

/**
 * The same on an agent that runs no server: it tells of itself, and hands over the rest.
 */
export function consulAgentApp(
  deps: OwnAgentDeps,
  own: OwnAgent,
  elsewhere: Elsewhere,
  report: (error: unknown) => void,
): HttpApp {
  const ours = agentHandlers(deps, own).flatMap(({ mounts }) => mounts.map(bounded));
  const mounts = withForwarded(ours, CONSUL_ROUTES, elsewhere);
  return appOf(
    CONSUL_ROUTES.map((route) => ({ route })),
    mounts,
    report,
  );
}

function appOf(
  handlers: readonly Pick<Bound, 'route'>[],
  mounts: readonly HttpMount[],
  report: (error: unknown) => void,
): HttpApp {
  const unnamed = missingNames(handlers);
  return {
    mounts,
    rewrite: (path) => path,
    missing: (request, allowed) => missing(request, allowed, unnamed),
    failed: (error) => {
      const reply = consulFailureReply(error);
      if (reply.status === 500 && isOurs(error)) report(error);
      return reply;
    },
  };
}

/** Bodies that become rows are small; keys and transactions have bounds of their own. */
const SMALL = /^\/v1\/(?:catalog|query|coordinate|operator|agent|session|event)\b/;

function bounded(mount: HttpMount): HttpMount {
  return SMALL.test(mount.path) ? withBodyBound(mount, SMALL_BODY) : mount;
}

const SMALL_BODY: BodyBound = { max: CATALOG_BODY_BYTES_MAX, tooLarge };

function tooLarge(size: number): Failure {
  const max = CATALOG_BODY_BYTES_MAX;
  const facts = { status: 413, limit: max };
  return new Failure('exhausted', `Request body(${size} bytes) too large, max size: ${max} bytes`, {
    facts,
  });
}

/** What concerns the agent that is asked knows no other datacenter. */
const OF_THE_AGENT = /^\/v1\/(?:agent|status)\//;

/** Refuses requests for a datacenter that nobody is in. */
function inDatacenter(mount: HttpMount, { agent, ops }: ConsulDeps): HttpMount {
  if (OF_THE_AGENT.test(mount.path)) return mount;
  return {
    ...mount,
    handle: (request) => {
      const dc = askedDatacenter(request.query);
      const own = request.asked?.datacenter ?? agent.datacenter;
      if (dc === undefined || dc === '' || dc === own) return mount.handle(request);
      for (const { datacenter } of ops.snapshot().catalogNodes()) {
        if (datacenter === dc) return mount.handle(request);
      }
      return textReply(500, 'No path to datacenter');
    },
  };
}

function askedDatacenter(query: string): string | undefined {
  return query.includes('dc=') ? parseQuery(query).get('dc') : undefined;
}

/** Only a bug is news: any other failure is told to who asked, and that is all. */
function isOurs(error: unknown): boolean {
  return !(error instanceof Failure) || error.fault === 'internal';
}

/** What the name at the end of a path is called where it is left out; by the path before it. */
function missingNames(handlers: readonly Pick<Bound, 'route'>[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { route } of handlers) {
    const [, head, name] = /^(.*)\/:(\w+)$/.exec(route.path) ?? [];
    if (head !== undefined && name !== undefined) found.set(head, NAMES[name] ?? name);
  }
  return found;
}

const NAMES: Readonly<Record<string, string>> = {
  service: 'service name',
  node: 'node name',
  state: 'check state',
};

const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

function missing(
  { method, path }: HttpRequest,
  allowed: readonly string[],
  unnamed: ReadonlyMap<string, string>,
): HttpReply {
  const headers = { Allow: allowed.join(',') };
  if (method === 'OPTIONS' && allowed.length > 0) return textReply(200, '', headers);
  if (allowed.length > 0) return textReply(405, `method ${method} not allowed`, headers);
  if (BROKEN_ESCAPE.test(path)) return textReply(400, 'the path has an invalid escape');
  const name = unnamed.get(path.replace(/\/$/, ''));
  if (name !== undefined) return textReply(400, `Missing ${name}`);
  return textReply(404, 'Invalid URL path: not a recognized HTTP API endpoint');
}
