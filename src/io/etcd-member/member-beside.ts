/** The member beside this server, asked and told through its own endpoint. */
import type { MemberBeside } from '../../ports/etcd-member.ts';
import type { EtcdApi } from '../etcd/client.ts';
import { isPassing } from '../etcd/client.ts';
import type { Status } from '../etcd/messages.ts';
import { Failure } from '../../base/failure.ts';

export interface MemberBesideOptions {
  /** Of the member: `host:port`. */
  readonly endpoint: string;
  /** How many members must vote before the log gets its first leader. */
  readonly votersMin: number;
}

/** It answers at once or not at all; more often than this it is asked again anyway [ms]. */
const STATUS_MS = 500;

export function memberBeside(options: MemberBesideOptions, client: EtcdApi): MemberBeside {
  const { endpoint } = options;
  const status = (signal?: AbortSignal): Promise<Status> =>
    client.status(endpoint, { deadlineMs: STATUS_MS, ...(signal === undefined ? {} : { signal }) });
  return {
    async leads(signal) {
      try {
        const { memberId, leaderId } = await status(signal);
        return memberId === leaderId;
      } catch (error) {
        if (isPassing(error)) return false;
        throw error;
      }
    },
    async founded() {
      const { members } = await client.members();
      return members.filter(({ learner }) => !learner).length >= options.votersMin;
    },
    async takeLead() {
      const { memberId, leaderId } = await status();
      if (memberId === leaderId) return;
      const { members } = await client.members();
      const leader = members.find(({ id }) => id === leaderId);
      const [at] = leader?.clientUrls ?? [];
      if (at === undefined) throw new Failure('unavailable', 'etcd has no leader');
      await client.moveLeader(at, memberId);
    },
    async giveLead() {
      const { memberId, leaderId } = await status();
      if (memberId !== leaderId) return;
      const { members } = await client.members();
      for (const { id, learner, clientUrls } of members) {
        if (id === memberId || learner) continue;
        const [at] = clientUrls;
        if (at === undefined || !(await answers(client, at))) continue;
        await client.moveLeader(endpoint, id);
        return;
      }
    },
  };
}

async function answers(client: EtcdApi, endpoint: string): Promise<boolean> {
  try {
    await client.status(endpoint, { deadlineMs: STATUS_MS });
    return true;
  } catch (error) {
    if (isPassing(error)) return false;
    throw error;
  }
}
