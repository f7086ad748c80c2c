/** What an operator asks about the servers that hold the log, in either API. */
import type { PeerName } from '../../api/nomad/cluster-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { LogPeer, LogPeers } from '../../ports/log-peers.ts';
import { serverRows, type ServerSources } from './server-health.ts';

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

/**
 * The servers that hold the log; undefined: there is but one. While too few answer to tell, all
 * that were ever reached.
 */
export async function holders({ logPeers }: PeerDeps): Promise<readonly LogPeer[] | undefined> {
  if (logPeers === undefined) return undefined;
  try {
    return await logPeers.list();
  } catch (error) {
    if (error instanceof Failure) return logPeers.reached();
    throw error;
  }
}

/** From whom the lead went, and to whom. */
export interface Transfer {
  readonly from: PeerName;
  readonly to: PeerName;
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
  const isNamed = nameOf(to) !== '';
  const peer = isNamed ? await find(logPeers, to) : undefined;
  const leader = (): PeerName => {
    const address = agent.leader();
    const met = logPeers.reached().find((each) => each.address === address);
    return { id: met?.id ?? address, address };
  };
  const from = leader();
  if (peer?.address === from.address) return { from, to: from };
  await logPeers.giveLead(peer);
  return { from, to: peer === undefined ? leader() : { id: peer.id, address: peer.address } };
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
    const isMeant = ({ id, address }: PeerName): boolean => id === name || address === name;
    throw serverRows(agent).some(isMeant)
      ? new Failure('unsupported', `"${name}" is the only server`)
      : unknown(named);
  }
  await logPeers.remove(await find(logPeers, named));
}

function nameOf({ id, address }: NamedPeer): string {
  return id ?? address ?? '';
}

/** An id is what the list tells: of one that has none yet, its address. */
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
