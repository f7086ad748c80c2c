/**
 * The servers of this region as both APIs tell of them: who they are, who leads, who is well.
 *
 * SH1: a server is well while gossip says that it is there and somebody leads; so many may still be
 *      lost as leave a majority of all.
 */
import type { Index } from '../../base/brand.ts';
import { regionServerName } from '../../core/federation/region-server.ts';
import type { LogPeer } from '../../ports/log-peers.ts';

/** A server as gossip knows it. */
export interface GossipedServer {
  /** `NODE.REGION`. */
  readonly name: string;
  readonly address: string;
  readonly status: string;
  /** `region`, and of its link `rpc_addr` and `port`. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The agent that is asked, as far as it knows of servers. */
export interface ServerSources {
  readonly region: string;
  readonly serverName: string;
  readonly version: string;
  members(): readonly GossipedServer[];
  /** `host:port` of every server's link, and of the leader's. */
  peers(): readonly string[];
  leader(): string;
}

export interface ServerRow {
  /** Of the server, for the life of its data directory; of one that has none yet, its address. */
  readonly id: string;
  /** `NODE.REGION`. */
  readonly name: string;
  readonly address: string;
  readonly leader: boolean;
  readonly voter: boolean;
}

export interface ServerHealthRow extends ServerRow {
  /** As gossip says. */
  readonly status: string;
  readonly version: string;
  /** For how long it has heard nothing of whoever leads. */
  readonly lastContactMs: number;
  /** The newest entry that it has applied; 0: it has not said. */
  readonly lastIndex: Index;
  readonly healthy: boolean;
}

export interface ServersHealth {
  readonly healthy: boolean;
  readonly failureTolerance: number;
  readonly servers: readonly ServerHealthRow[];
}

/** The servers that hold the log. @param held absent: there is but one */
export function serverRows(agent: ServerSources, held?: readonly LogPeer[]): readonly ServerRow[] {
  return known(agent, held).map(({ id, address, name, voter }) => ({
    ...{ id, name, address, voter },
    leader: address === agent.leader(),
  }));
}

/**
 * How they fare (SH1).
 *
 * @param index that the server which is asked has applied
 * @param held absent: there is but one
 */
export function serversHealth(
  agent: ServerSources,
  index: Index,
  held?: readonly LogPeer[],
): ServersHealth {
  const leader = agent.leader();
  const servers = known(agent, held).map(({ status, version, progress, ...row }) => ({
    ...{ ...row, leader: row.address === leader, status, version },
    lastContactMs: Math.round(progress?.staleMs ?? 0),
    lastIndex: row.name === agent.serverName ? index : (progress?.applied ?? (0 as Index)),
    healthy: leader !== '' && status === 'alive',
  }));
  const voters = servers.filter(({ voter }) => voter);
  const well = voters.filter(({ healthy }) => healthy).length;
  const majority = Math.floor(voters.length / 2) + 1;
  return {
    healthy: servers.length > 0 && servers.every(({ healthy }) => healthy),
    failureTolerance: Math.max(0, well - majority),
    servers,
  };
}

interface Known extends LogPeer {
  readonly status: string;
  readonly version: string;
}

function known(agent: ServerSources, held?: readonly LogPeer[]): readonly Known[] {
  const members = new Map(
    agent.members().map((member) => {
      const { address, tags } = member;
      return [`${tags['rpc_addr'] ?? address}:${tags['port'] ?? ''}`, member];
    }),
  );
  const all = held ?? agent.peers().map((address) => ({ id: '', name: '', address, ...THERE }));
  return all.map((peer) => {
    const { address } = peer;
    const member = members.get(address);
    // Of one that does not gossip its link tells.
    const { status = peer.answers ? 'alive' : 'failed', tags } = member ?? {};
    // Alone it is the one that is asked, whatever it calls its address.
    const own = all.length === 1 ? agent.serverName : undefined;
    return {
      ...{ ...peer, status, version: tags?.['build'] ?? agent.version },
      id: [peer.id, tags?.['id'] ?? ''].find((id) => id !== '') ?? address,
      name: member?.name ?? own ?? nameOf(peer, agent.region),
    };
  });
}

const THERE = { voter: true, answers: true };

function nameOf({ name }: LogPeer, region: string): string {
  return name === '' ? UNKNOWN : regionServerName(name, region);
}

/** Source: Nomad. */
const UNKNOWN = '(unknown)';
