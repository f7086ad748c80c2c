/**
 * The servers that hold the log: etcd's members by the names and addresses of their servers, or,
 * with somebody else's etcd, the servers that use it.
 */
import { Failure } from '../base/failure.ts';
import { formatAgentAddress } from '../core/link/address.ts';
import type { ClusterLog } from '../ports/cluster-log.ts';
import type { LogMember, LogMembers } from '../ports/etcd-member.ts';
import type { LogPeer, LogPeers } from '../ports/log-peers.ts';
import type { MetServer } from './mesh.ts';

export interface LogPeersDeps {
  /** The servers that were ever reached, and this one. */
  readonly met: () => readonly MetServer[];
  /** Undefined where etcd is somebody else's. */
  readonly members: LogMembers | undefined;
  readonly log: Pick<ClusterLog<never, unknown>, 'giveLead'>;
  /** Of the links of servers that were never reached. */
  readonly linkPort: number;
}

export function logPeers({ met, members, log, linkPort }: LogPeersDeps): LogPeers {
  const peerOf = ({ id, host, voter }: LogMember): LogPeer => {
    // One that was replaced with an empty disk may be known under its id of before.
    const server = met().find((each) => each.id === id);
    const address = server?.address ?? formatAgentAddress({ host, port: linkPort });
    const progress = server?.progress;
    const { name = '', answers = false } = server ?? {};
    return { id, name, address, voter, answers, ...(progress && { progress }) };
  };
  const reached = (): readonly LogPeer[] =>
    met()
      .map((server) => ({ ...server, voter: true }))
      .sort(byAddress);
  return {
    reached,
    list: async () => {
      if (members === undefined) return reached();
      return (await members.list()).map(peerOf).sort(byAddress);
    },
    giveLead: (to) => log.giveLead(to?.id),
    remove: async ({ address, ...peer }) => {
      if (members === undefined) {
        throw new Failure(
          'unsupported',
          `the log is in somebody else's etcd, which has no members of ours`,
        );
      }
      const all = await members.list();
      const member = all.find((each) => each.id === peer.id && peerOf(each).address === address);
      if (member === undefined)
        throw new Failure('not_found', `"${address}" holds no log any more`);
      await members.remove(member);
    },
  };
}

function byAddress(a: LogPeer, b: LogPeer): number {
  return a.address < b.address ? -1 : 1;
}
