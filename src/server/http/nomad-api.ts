/** The whole jobs API as an HTTP application. */
import { NOMAD_ROUTES } from '../../api/nomad/all-routes.ts';
import { canonicalPath } from '../../api/path.ts';
import type { HttpApp, HttpMount, HttpReply } from '../../ports/http.ts';
import { agentHandlers, type AgentDeps } from './agent.ts';
import { allocHandlers, deploymentHandlers, evalHandlers } from './allocs.ts';
import { clientHandlers } from './client.ts';
import { clusterHandlers } from './cluster.ts';
import type { HttpDeps } from './deps.ts';
import { eventHandlers } from './events.ts';
import { failureReply, textReply } from './fail.ts';
import { withForwarded } from './forwarded-mounts.ts';
import { inRegion } from './in-region.ts';
import { jobReads } from './jobs-read.ts';
import { jobWrites } from './jobs-write.ts';
import type { Bound } from './mount.ts';
import { nodeHandlers } from './nodes.ts';
import type { Elsewhere } from './placed-app.ts';
import { planningHandlers } from './planning.ts';
import { rolloutHandlers } from './rollouts.ts';
import { operatorSnapshotHandlers } from './snapshots.ts';
import { searchHandlers } from './search.ts';
import { serviceHandlers } from './services.ts';
import { tenancyHandlers } from './tenancy.ts';
import { variableHandlers } from './variables.ts';

/** Every endpoint with its handler. */
export function nomadHandlers(deps: HttpDeps): readonly Bound[] {
  return [
    ...jobReads(deps),
    ...jobWrites(deps),
    ...allocHandlers(deps),
    ...evalHandlers(deps),
    ...deploymentHandlers(deps),
    ...nodeHandlers(deps),
    ...clientHandlers(deps),
    ...agentHandlers(deps),
    ...clusterHandlers(deps),
    ...operatorSnapshotHandlers(deps),
    ...planningHandlers(deps),
    ...tenancyHandlers(deps),
    ...variableHandlers(deps),
    ...serviceHandlers(deps),
    ...rolloutHandlers(deps),
    ...searchHandlers(deps),
    ...eventHandlers(deps),
  ];
}

/**
 * What an HTTP server listens with on the jobs port.
 *
 * @param report is told of errors that are nobody's fault but ours
 */
export function nomadApp(deps: HttpDeps, report: (error: unknown) => void): HttpApp {
  const mounts = nomadHandlers(deps)
    .flatMap((bound) => bound.mounts)
    .map((mount) => inRegion(mount, deps.agent.region));
  return appOf(mounts, report);
}

/** The same on an agent that runs no server: it tells of itself, and hands over the rest. */
export function nomadAgentApp(
  deps: AgentDeps,
  elsewhere: Elsewhere,
  report: (error: unknown) => void,
): HttpApp {
  const ours = agentHandlers(deps).flatMap((bound) => bound.mounts);
  const ownNode = (): string | undefined => deps.agent.self().stats['client']?.['node_id'];
  return appOf(withForwarded(ours, NOMAD_ROUTES, elsewhere, ownNode), report);
}

function appOf(mounts: readonly HttpMount[], report: (error: unknown) => void): HttpApp {
  return {
    mounts,
    rewrite: canonicalPath,
    missing: (_, allowed) => missing(allowed),
    failed: (error) => {
      const reply = failureReply(error);
      if (reply.status === 500) report(error);
      return reply;
    },
  };
}

function missing(allowed: readonly string[]): HttpReply {
  if (allowed.length === 0) return textReply(404, 'page not found');
  return textReply(405, 'Invalid method', { Allow: allowed.join(', ') });
}
