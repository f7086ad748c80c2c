/** The agent itself. */
import * as routes from '../../api/nomad/agent-routes.ts';
import { LOG_FRAME } from '../../api/nomad/file-codec.ts';
import { Bug } from '../../base/assert.ts';
import { explain, Failure } from '../../base/failure.ts';
import { plainly, type HttpDeps, type ServerMembership } from './deps.ts';
import { notFound, textReply } from './fail.ts';
import { bind, bindRaw, type Bound } from './mount.ts';
import { bytesReply, linesReply, toLines, withHeartbeats } from './stream.ts';

/** A quiet log is kept alive so often [ms]. */
const HEARTBEAT_MS = 10_000;

/** What the agent's own endpoints need, on a server or without one. */
export type AgentDeps = Pick<HttpDeps, 'agent' | 'clock' | 'metrics' | 'membership'>;

/** Binds what concerns the agent. */
export function agentHandlers(deps: AgentDeps): readonly Bound[] {
  const { agent } = deps;
  return [
    bind(routes.agentSelf, () => plainly(agent.self())),
    bind(routes.agentMembers, () =>
      plainly({
        serverName: agent.serverName,
        serverRegion: agent.region,
        serverDatacenter: agent.datacenter,
        members: agent.members(),
      }),
    ),
    bind(routes.agentHealth, ({ query }) => {
      const all: Readonly<Record<string, routes.Health>> = { ...agent.health() };
      const health = Object.entries(all).filter(
        ([role]) => query.type === undefined || query.type === role,
      );
      const ok = health.every(([, one]) => one.ok);
      return Promise.resolve({ value: Object.fromEntries(health), status: ok ? 200 : 500 });
    }),
    bind(routes.agentServers, () => plainly(agent.servers())),
    bind(routes.agentHost, () => plainly({ id: agent.serverName, host: agent.host() })),
    bindRaw(routes.agentMonitor, ({ query, signal }) => {
      const level = query.level ?? 'info';
      const lines = agent.monitor({ level, json: query.json === true }, signal);
      const frames = withHeartbeats(bytesOf(lines), () => new Uint8Array(), HEARTBEAT_MS, {
        clock: deps.clock,
        signal,
      });
      if (query.plain === true) return Promise.resolve(bytesReply(frames));
      const shaped = toLines(framed(frames), LOG_FRAME, (frame) => frame.bytes.length === 0);
      return Promise.resolve(linesReply(shaped));
    }),
    ...membershipHandlers(deps),
    ...keyHandlers(deps),
    bindRaw(routes.readMetrics, async ({ query }) => {
      if (query.format === 'prometheus') {
        const type = 'text/plain; version=0.0.4; charset=utf-8';
        return textReply(200, await deps.metrics.prometheus(), { 'Content-Type': type });
      }
      const json = routes.readMetrics.reply?.encode(await deps.metrics.json(), 'full');
      return textReply(200, JSON.stringify(json), { 'Content-Type': 'application/json' });
    }),
  ];
}

function membershipHandlers({ agent, membership }: AgentDeps): readonly Bound[] {
  return [
    bind(routes.joinAgent, async ({ query: { address = '' } }) => {
      if (membership === undefined) return { value: { error: NO_GOSSIP, joined: 0 } };
      try {
        return { value: { error: '', joined: await membership.join(address) } };
      } catch (error) {
        if (error instanceof Bug) throw error;
        return { value: { error: explain(error), joined: 0 } };
      }
    }),
    bind(routes.forceLeave, ({ query: { node = '', prune } }) => {
      const member = agent.members().find(({ name }) => name === node);
      if (member === undefined) throw notFound(`there is no member "${node}"`);
      if (member.status === 'alive') {
        throw new Failure('invalid', `member "${member.name}" is ${member.status}, not failed`);
      }
      if (membership === undefined) throw new Failure('unsupported', NO_GOSSIP);
      membership.forceLeave(node, prune === true);
      return plainly(undefined);
    }),
  ];
}

function keyHandlers({ membership }: AgentDeps): readonly Bound[] {
  const gossiping = (): ServerMembership => {
    if (membership === undefined) throw new Failure('unsupported', NO_GOSSIP);
    return membership;
  };
  const change = async (verb: 'install' | 'use' | 'remove', key: string): Promise<Told> => {
    await gossiping().changeKeys(verb, key);
    return { value: await gossiping().listKeys() };
  };
  return [
    bind(routes.listGossipKeys, async () => ({ value: await gossiping().listKeys() })),
    bind(routes.installGossipKey, ({ body }) => change('install', body.key)),
    bind(routes.useGossipKey, ({ body }) => change('use', body.key)),
    bind(routes.removeGossipKey, ({ body }) => change('remove', body.key)),
  ];
}

interface Told {
  readonly value: routes.KeyRing;
}

const NO_GOSSIP = 'this agent does not gossip with other servers (ports.serf is -1, or was taken)';

const encoder = new TextEncoder();

async function* bytesOf(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield encoder.encode(line);
}

async function* framed(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Uint8Array }> {
  for await (const bytes of pieces) yield { bytes };
}
