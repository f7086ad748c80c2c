/**
 * The servers of this region as both APIs tell of them: who they are, who leads, who is well.
 *
 * SH1: a server is well while gossip says that it is there and somebody leads; so many may still be
 *      lost as leave a majority of all.
 */
import type { Index } from '../../base/brand.ts';

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
  readonly serverName: string;
  readonly version: string;
  members(): readonly GossipedServer[];
  /** `host:port` of every server's link, and of the leader's. */
  peers(): readonly string[];
  leader(): string;
}

export interface ServerRow {
  /** The address: servers have no other id that all know. */
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly leader: boolean;
  readonly voter: boolean;
}

export interface ServerHealthRow extends ServerRow {
  /** As gossip says. */
  readonly status: string;
  readonly version: string;
  readonly lastContactMs: number;
  /** Of the server that is asked; what others have applied is not known here: 0. */
  readonly lastIndex: Index;
  readonly healthy: boolean;
}

export interface ServersHealth {
  readonly healthy: boolean;
  readonly failureTolerance: number;
  readonly servers: readonly ServerHealthRow[];
}

/** A server that holds the log, as the log knows it. */
export interface HeldBy {
  /** Where gossip does not know it. */
  readonly name: string;
  readonly address: string;
  readonly voter: boolean;
}

/** The servers that hold the log. @param held absent: all that were reached */
export function serverRows(agent: ServerSources, held?: readonly HeldBy[]): readonly ServerRow[] {
  return known(agent, held).map(({ address, name, voter }) => ({
    ...{ id: address, name, address, voter },
    leader: address === agent.leader(),
  }));
}

/**
 * How they fare (SH1).
 *
 * @param index that the server which is asked has applied
 * @param held absent: all that were reached
 */
export function serversHealth(
  agent: ServerSources,
  index: Index,
  held?: readonly HeldBy[],
): ServersHealth {
  const leader = agent.leader();
  const servers = known(agent, held).map(({ address, name, voter, status, version }) => ({
    ...{ id: address, name, address, voter, leader: address === leader },
    ...{ status, version, lastContactMs: 0 },
    lastIndex: name === agent.serverName ? index : (0 as Index),
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

interface Known extends HeldBy {
  readonly status: string;
  readonly version: string;
}

function known(agent: ServerSources, held?: readonly HeldBy[]): readonly Known[] {
  const members = new Map(
    agent.members().map((member) => {
      const { address, tags } = member;
      return [`${tags['rpc_addr'] ?? address}:${tags['port'] ?? ''}`, member];
    }),
  );
  const reached = agent.peers();
  const all = held ?? reached.map((address) => ({ name: address, address, voter: true }));
  return all.map(({ address, voter, name: otherwise }) => {
    // Alone it is the one that is asked, whatever it calls its address.
    const member = members.get(address);
    const name = member?.name ?? (all.length === 1 ? agent.serverName : otherwise);
    // One that does not gossip was reached by its link, or not at all.
    const { status = reached.includes(address) ? 'alive' : 'failed', tags } = member ?? {};
    return { address, voter, name, status, version: tags?.['build'] ?? agent.version };
  });
}
