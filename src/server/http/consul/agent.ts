/**
 * The agent that is asked, and its peers.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/agent
 */
import * as routes from '../../../api/consul/agent-routes.ts';
import type { ConsulSelf } from '../../../api/consul/agent-routes.ts';
import { Failure } from '../../../base/failure.ts';
import { plainly } from '../deps.ts';
import { notFound, textReply } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { bytesReply } from '../stream.ts';
import { agentCheckHandlers } from './agent-checks.ts';
import { agentServiceHandlers } from './agent-services.ts';
import { bind, bindRaw } from './bind.ts';
import type { OwnAgentDeps } from './deps.ts';
import type { OwnAgent, OwnPool } from './own-agent.ts';
import { filtered } from './rows.ts';

/** Binds everything under `/v1/agent`. */
export function agentHandlers(deps: OwnAgentDeps, own: OwnAgent): readonly Bound[] {
  return [
    ...facts(deps, own),
    ...streams(own),
    ...commands(own),
    ...agentServiceHandlers(deps, own),
    ...agentCheckHandlers(own),
  ];
}

/** Of the build; nothing better is known. */
const BUILD_DATE = '0001-01-01T00:00:00Z';

function facts(deps: OwnAgentDeps, own: OwnAgent): readonly Bound[] {
  const { version } = deps.agent;
  return [
    bind(routes.consulSelf, () => plainly(selfOf(deps, own))),
    bind(routes.consulMembers, ({ query }) => {
      const all = query.wan === true ? serversOf(own) : own.members();
      return plainly(filtered(all, routes.AGENT_MEMBER, query.filter));
    }),
    bind(routes.consulHost, () => plainly(own.host())),
    bind(routes.consulVersion, () =>
      plainly({ sha: '', buildDate: BUILD_DATE, humanVersion: version, fips: '' }),
    ),
  ];
}

/** Of all regions; of this one where the agent knows no other. */
function serversOf(own: OwnAgent): readonly routes.AgentMember[] {
  return own.wan?.members() ?? own.members().filter(({ tags }) => tags['role'] === 'consul');
}

function selfOf({ agent, ops }: OwnAgentDeps, own: OwnAgent): ConsulSelf {
  const member = own.members().find(({ name }) => name === agent.nodeName) ?? {
    name: agent.nodeName,
    address: '',
    port: 0,
    tags: {},
    status: 'alive',
  };
  const { leading, index, stateHash } = ops.stats();
  const checks = own.registrar.checks();
  const ttls = checks.filter(({ definition }) => definition?.probe.kind === 'ttl').length;
  return {
    config: {
      datacenter: agent.datacenter,
      primaryDatacenter: agent.datacenter,
      nodeName: agent.nodeName,
      nodeId: own.nodeId,
      revision: '',
      server: own.isServer,
      version: agent.version,
      buildDate: BUILD_DATE,
    },
    debugConfig: own.settings(),
    member,
    stats: {
      ...own.stats(),
      agent: {
        check_monitors: String(checks.length - ttls),
        check_ttls: String(ttls),
        checks: String(checks.length),
        services: String(own.registrar.services().length),
      },
      build: { prerelease: '', revision: '', version: agent.version },
      consul: {
        bootstrap: String(agent.peers().length === 1),
        known_datacenters: '1',
        leader: String(leading),
        leader_addr: agent.leader(),
        server: String(own.isServer),
      },
      raft: {
        applied_index: String(index),
        commit_index: String(index),
        last_log_index: String(index),
        // Servers at one index say the same.
        state_hash: stateHash,
        state: leading ? 'Leader' : 'Follower',
      },
    },
    meta: own.nodeMeta,
  };
}

function streams(own: OwnAgent): readonly Bound[] {
  return [
    bindRaw(routes.consulMonitor, ({ query, signal }) => {
      const level = LEVELS[(query.level ?? 'info').toLowerCase()];
      if (level === undefined) {
        return Promise.resolve(textReply(400, `Unknown log level: ${query.level ?? ''}`));
      }
      return Promise.resolve(
        bytesReply(bytesOf(own.monitor({ level, json: query.json === true }, signal))),
      );
    }),
    bindRaw(routes.consulMetrics, async ({ query }) => {
      if (query.format === 'prometheus') {
        const type = 'text/plain; version=0.0.4; charset=utf-8';
        return textReply(200, await own.metrics.prometheus(), { 'Content-Type': type });
      }
      const json = routes.consulMetrics.reply?.encode(await own.metrics.json(), 'full');
      return textReply(200, JSON.stringify(json), { 'Content-Type': 'application/json' });
    }),
  ];
}

/** Consul's names of levels, and ours. */
const LEVELS: Readonly<Record<string, string>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  err: 'error',
  error: 'error',
};

const encoder = new TextEncoder();

async function* bytesOf(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield encoder.encode(line);
}

function commands(own: OwnAgent): readonly Bound[] {
  return [
    bind(routes.reloadAgent, async () => {
      await own.reload();
      return { value: undefined };
    }),
    bind(routes.leaveAgent, async () => {
      await own.registrar.leave();
      await own.wan?.pool.leave();
      await own.pool?.leave();
      own.stop();
      return { value: undefined };
    }),
    bind(routes.forceLeaveMember, ({ params: { node }, query }) => {
      const members = query.wan === true ? serversOf(own) : own.members();
      if (!members.some(({ name }) => name === node)) {
        throw notFound(`agent: No node found with name '${node}'`);
      }
      const pool = query.wan === true ? own.wan?.pool : own.pool;
      pool?.forceLeave(node, query.prune === true);
      return Promise.resolve({ value: undefined });
    }),
    bind(routes.joinMember, async ({ params: { address }, query }) => {
      const what = `cannot join ${address}`;
      const pool = query.wan === true ? wanPoolOf(own, what) : poolOf(own, what);
      await pool.join(address);
      return { value: undefined };
    }),
    // There are no tokens yet: one that is set changes nothing.
    bind(routes.setAgentToken, () => Promise.resolve({ value: undefined })),
  ];
}

/** Fails: `unsupported`, status 500 as Consul's, where the agent does not gossip. */
export function poolOf({ pool }: OwnAgent, what: string): OwnPool {
  if (pool !== undefined) return pool;
  const why = `${what}: this agent does not gossip (ports.serf is -1, or was taken)`;
  throw new Failure('unsupported', why, { facts: { status: 500 } });
}

/** Fails: as `poolOf`, where the agent does not gossip with other regions. */
function wanPoolOf({ wan }: OwnAgent, what: string): OwnPool {
  if (wan !== undefined) return wan.pool;
  const why = `${what}: this agent is no server that gossips between regions (ports.serf_wan)`;
  throw new Failure('unsupported', why, { facts: { status: 500 } });
}
