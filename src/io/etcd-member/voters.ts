/** Whose disks count where each server has a member of etcd beside it: those of voters. */
import type { Index } from '../../base/brand.ts';
import type { CountServers } from '../../ports/cluster-log.ts';
import type { EtcdApi } from '../etcd/client.ts';

/** Long enough for an election, as a majority must agree to what follows anyway [ms]. */
const MEMBERS_MS = 2_000;

/**
 * Members are named by the ids of their servers; one that is no member any more is gone.
 *
 * @param told what those that are there say of their disks
 */
export function countVoters(client: EtcdApi, told: () => ReadonlyMap<string, Index>): CountServers {
  return async (claims) => {
    const { members } = await client.members({ deadlineMs: MEMBERS_MS });
    const names = new Set(members.map(({ name }) => name));
    return {
      ids: members.filter(({ learner }) => !learner).map(({ name }) => name),
      ...{ least: 1, told: told() },
      gone: claims.map(({ id }) => id).filter((id) => !names.has(id)),
    };
  };
}
