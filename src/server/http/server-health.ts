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

/** The servers that hold the log. */
export function serverRows(agent: ServerSources): readonly ServerRow[] {
  return known(agent).map(({ address, name }) => ({
    ...{ id: address, name, address, voter: true },
    leader: address === agent.leader(),
  }));
}

/** How they fare (SH1). @param index that the server which is asked has applied */
export function serversHealth(agent: ServerSources, index: Index): ServersHealth {
  const leader = agent.leader();
  const servers = known(agent).map(({ address, name, status, version }) => ({
    ...{ id: address, name, address, voter: true, leader: address === leader },
    ...{ status, version, lastContactMs: 0 },
    lastIndex: name === agent.serverName ? index : (0 as Index),
    healthy: leader !== '' && status === 'alive',
  }));
  const well = servers.filter(({ healthy }) => healthy).length;
  const majority = Math.floor(servers.length / 2) + 1;
  return {
    healthy: servers.length > 0 && well === servers.length,
    failureTolerance: Math.max(0, well - majority),
    servers,
  };
}

interface Known {
  readonly address: string;
  readonly name: string;
  readonly status: string;
  readonly version: string;
}

function known(agent: ServerSources): readonly Known[] {
  const members = new Map(
    agent.members().map((member) => {
      const { address, tags } = member;
      return [`${tags['rpc_addr'] ?? address}:${tags['port'] ?? ''}`, member];
    }),
  );
  const peers = agent.peers();
  return peers.map((address) => {
    // Alone it is the one that is asked, whatever it calls its address.
    const member = members.get(address);
    const name = member?.name ?? (peers.length === 1 ? agent.serverName : address);
    // One that does not gossip was reached by its link.
    const { status = 'alive', tags } = member ?? {};
    return { address, name, status, version: tags?.['build'] ?? agent.version };
  });
}
