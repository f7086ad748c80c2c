/** What an operator asks about the servers that hold the log, in either API. */
import { Failure } from '../../base/failure.ts';
import type { LogPeer, LogPeers } from '../../ports/log-peers.ts';
import type { HeldBy, ServerSources } from './server-health.ts';

/** How a request says which server it means. */
export interface NamedPeer {
  readonly id?: string | undefined;
  readonly address?: string | undefined;
}

/** What is asked, and of whom. */
export interface PeerDeps {
  readonly agent: ServerSources;
  /** Absent: there is no other server. */
  readonly logPeers?: LogPeers | undefined;
}

/** The servers that hold the log; undefined: not known, as too few answer, or there is but one. */
export async function holders({ logPeers }: PeerDeps): Promise<readonly HeldBy[] | undefined> {
  if (logPeers === undefined) return undefined;
  try {
    const peers = await logPeers.list();
    return peers.map((peer) => (peer.name === '' ? { ...peer, name: UNKNOWN } : peer));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Source: Nomad. */
const UNKNOWN = '(unknown)';

/** From whom the lead went, and to whom. */
export interface Transfer {
  readonly from: string;
  readonly to: string;
}

/**
 * Lets another server lead, the named one or any.
 *
 * Fails: as `LogPeers.giveLead`; `internal` no such server.
 */
export async function transferLead(
  { agent, logPeers }: PeerDeps,
  to: NamedPeer,
): Promise<Transfer> {
  if (logPeers === undefined) throw new Failure('unsupported', 'there is no other server to lead');
  const from = agent.leader();
  const isNamed = nameOf(to) !== '';
  const peer = isNamed ? await find(logPeers, to) : undefined;
  if (peer?.address === from) return { from, to: from };
  await logPeers.giveLead(peer);
  return { from, to: peer?.address ?? agent.leader() };
}

/**
 * Takes a dead server out of the log.
 *
 * Fails: as `LogPeers.remove`; `internal` no such server; `invalid` none is named.
 */
export async function removePeer({ agent, logPeers }: PeerDeps, named: NamedPeer): Promise<void> {
  const name = nameOf(named);
  if (name === '') throw new Failure('invalid', 'must specify either an id or an address');
  if (logPeers === undefined) {
    throw agent.peers().includes(name)
      ? new Failure('unsupported', `"${name}" is the only server`)
      : unknown(named);
  }
  await logPeers.remove(await find(logPeers, named));
}

function nameOf({ id, address }: NamedPeer): string {
  return id ?? address ?? '';
}

/** An id is what the list tells, an address, or what etcd calls the server's member. */
async function find(peers: LogPeers, named: NamedPeer): Promise<LogPeer> {
  const name = nameOf(named);
  const isMeant = ({ id, address }: LogPeer): boolean => {
    return address === name || (named.id !== undefined && id === name);
  };
  const found = (await peers.list()).find(isMeant);
  if (found === undefined) throw unknown(named);
  return found;
}

/** Source: both APIs answer so, with status 500. */
function unknown(named: NamedPeer): Failure {
  const kind = named.id === undefined ? 'address' : 'id';
  return new Failure('internal', `${kind} "${nameOf(named)}" was not found in the configuration`);
}
