/** The member beside this server, asked and told through its own endpoint. */
import type { MemberBeside } from '../../ports/etcd-member.ts';
import type { EtcdApi } from '../etcd/client.ts';
import { isPassing } from '../etcd/repeat.ts';
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
      const at = members.find(({ id }) => id === leaderId)?.clientUrls[0];
      if (at === undefined) throw new Failure('unavailable', 'etcd has no leader');
      await client.moveLeader(at, memberId);
    },
    async giveLead(to) {
      const { memberId, leaderId } = await status();
      if (to === undefined && memberId !== leaderId) return;
      const { members } = await client.members();
      const wanted = to === undefined ? members : members.filter(({ name }) => name === to);
      if (to !== undefined && wanted.some(({ id }) => id === leaderId)) return;
      const leader = members.find(({ id }) => id === leaderId)?.clientUrls[0] ?? endpoint;
      for (const { id, learner, clientUrls } of wanted) {
        if (id === leaderId || learner) continue;
        const [at] = clientUrls;
        if (at === undefined || !(await answers(client, at))) continue;
        await client.moveLeader(leader, id);
        return;
      }
      if (to !== undefined) throw new Failure('unavailable', 'that server cannot lead just now');
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
