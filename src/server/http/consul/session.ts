/** Sessions. Source: https://developer.hashicorp.com/consul/api-docs/session */
import type { SessionBody } from '../../../api/consul/session-codec.ts';
import * as routes from '../../../api/consul/session-routes.ts';
import { formatDuration, parseDuration } from '../../../base/duration.ts';
import { LOCK_DELAY_MS_MAX, SESSION_CHECKS_MAX, SESSION_TTL_MS_MAX } from '../../../core/limits.ts';
import { SERF_HEALTH } from '../../../core/model/health-check.ts';
import { LOCK_DELAY_MS } from '../../../core/model/session.ts';
import type { Session, SessionBehavior, SessionFacts } from '../../../core/model/session.ts';
import type { SessionId } from '../../../core/model/session.ts';
import { readNodeSessions, readSession, readSessions } from '../../../core/state/reads-kv.ts';
import { plainly, toldOf } from '../deps.ts';
import { invalid, notFound } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { askedAgentOf } from './asked-agent.ts';
import { bind } from './bind.ts';
import { DEFAULT_COORDINATION_LIMITS } from './coordination-limits.ts';
import type { ConsulDeps } from './deps.ts';

/** Binds what concerns sessions. */
export function sessionHandlers(deps: ConsulDeps): readonly Bound[] {
  const { ops } = deps;
  return [
    bind(routes.createSession, async ({ body, asked }) => {
      const session = sessionOf(deps, body, askedAgentOf(deps, asked).node);
      await ops.kv.createSession(session);
      return { value: { id: session.id } };
    }),
    bind(routes.destroySession, async ({ params }) => {
      await ops.kv.destroySession(params.id as SessionId);
      return { value: true };
    }),
    bind(routes.renewSession, ({ params }) => {
      const session = ops.kv.renewSession(params.id as SessionId);
      if (session === undefined) throw notFound(`Session id '${params.id}' not found`);
      return plainly<readonly Session[]>([session]);
    }),
    bind(routes.readSession, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readSession(params.id as SessionId), waiting, signal);
      const value = answer.value === undefined ? [] : [answer.value];
      return { value, ...toldOf(answer) };
    }),
    bind(routes.nodeSessions, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readNodeSessions(params.node), waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.listSessions, async ({ waiting, signal }) => {
      const answer = await ops.query(readSessions(), waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
  ];
}

/**
 * A session with all that its maker left out.
 *
 * @param askedNode of the agent that was asked, whose life is what the session hangs on
 */
function sessionOf(deps: ConsulDeps, body: SessionBody, askedNode: string): SessionFacts {
  const node = body.node ?? askedNode;
  const lockDelayMs = body.lockDelayMs ?? LOCK_DELAY_MS;
  const nodeChecks = body.nodeChecks ?? body.checks ?? aliveChecks(deps, node);
  const serviceChecks = body.serviceChecks ?? [];
  if (nodeChecks.length + serviceChecks.length > SESSION_CHECKS_MAX) {
    throw invalid(`NodeChecks: expected at most ${SESSION_CHECKS_MAX} checks`);
  }
  return {
    id: deps.newId() as SessionId,
    name: body.name ?? '',
    node,
    lockDelayMs: Math.min(Math.max(0, lockDelayMs), LOCK_DELAY_MS_MAX),
    behavior: behaviorOf(body),
    ttlMs: ttlOf(deps, body.ttl ?? ''),
    nodeChecks,
    serviceChecks,
  };
}

/** Whether the machine is alive, where somebody looks after that. */
function aliveChecks({ ops }: ConsulDeps, node: string): readonly string[] {
  return ops.snapshot().check(node, SERF_HEALTH) === undefined ? [] : [SERF_HEALTH];
}

function behaviorOf({ behavior = 'release' }: SessionBody): SessionBehavior {
  // A client's JSON may hold any text here.
  const wanted: string = behavior;
  if (wanted === '' || wanted === 'release') return 'release';
  if (wanted === 'delete') return 'delete';
  throw invalid(`Invalid Behavior setting '${wanted}'`);
}

/** Reads a time to live [ms]; none is 0. */
function ttlOf({ limits }: ConsulDeps, text: string): number {
  if (text === '') return 0;
  const ms = parseDuration(text);
  const { sessionTtlMsMin } = limits ?? DEFAULT_COORDINATION_LIMITS;
  if (ms === undefined) throw invalid(`TTL: expected a duration such as "10s", got "${text}"`);
  if (ms === 0) return 0;
  if (ms < sessionTtlMsMin || ms > SESSION_TTL_MS_MAX) {
    const range = `[${formatDuration(sessionTtlMsMin)}=${formatDuration(SESSION_TTL_MS_MAX)}]`;
    throw invalid(`Invalid Session TTL '${text}', must be between ${range}`);
  }
  return ms;
}
