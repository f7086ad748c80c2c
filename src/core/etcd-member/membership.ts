/**
 * What a server does about its own etcd member: begin a cluster, join one, start, promote.
 *
 * It is asked again and again with what is so, and answers one step; a step that fails is simply
 * decided anew.
 *
 * M1: a new cluster is begun only where nobody that is known has ever been a member of one, as many
 *     servers as expected are there and agree on how many that is, by one of them alone, and after
 *     nothing new was heard for a while.
 * M2: data is never discarded while the cluster knows the member that it belongs to.
 * M3: a member votes only after etcd says that it has all entries.
 */

/**
 * Whether a server's data directory holds a member of a cluster. It decides whether a new cluster
 * may be begun: so it is told before the member is started for the first time.
 */
export type MemberStage = 'new' | 'member';

/** Another server, as it says of itself. */
export interface ServerPeer {
  /** Stays the same for the life of its data directory. */
  readonly id: string;
  readonly name: string;
  /** Where its etcd member is reached, and on which ports. */
  readonly host: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** `bootstrap_expect` of its configuration. */
  readonly expect: number;
  readonly stage: MemberStage;
  /** `left`: it has said that it will not come back. */
  readonly status: 'alive' | 'failed' | 'left';
}

/** A member as the cluster lists it. Its name is its server's id; empty before its first start. */
export interface ListedMember {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrl: string;
  readonly learner: boolean;
}

export interface MemberView {
  readonly self: { readonly id: string; readonly peerUrl: string; readonly expect: number };
  /** What this server's disk holds. */
  readonly stage: MemberStage;
  readonly running: boolean;
  /** How often in a row its process ended by itself. */
  readonly exits: number;
  readonly peers: readonly ServerPeer[];
  /** For how long what is known of them has not changed [ms]. */
  readonly quietMs: number;
  /** The cluster's members, as somebody else or its own member says; undefined: nobody answers. */
  readonly members: readonly ListedMember[] | undefined;
}

export type MemberStep =
  | Readonly<{ do: 'wait'; why: string }>
  | Readonly<{ do: 'bootstrap' }>
  | Readonly<{ do: 'add' }>
  /** The member of this address belongs to a disk that is no more. */
  | Readonly<{ do: 'replace'; id: bigint }>
  /** The cluster has a place for this server: its data is to come from there. */
  | Readonly<{ do: 'join'; members: readonly ListedMember[] }>
  | Readonly<{ do: 'start' }>
  | Readonly<{ do: 'promote'; id: bigint }>
  /** The cluster has removed this member: what it holds is of no use to anybody. */
  | Readonly<{ do: 'discard' }>
  | Readonly<{ do: 'settled' }>;

/**
 * News of another server that has just begun a cluster, or of one that goes before this one, takes
 * about a second to spread; a cluster is begun once in its life.
 */
export const QUIET_MS = 2_000;
/** So often a process must have ended before its data is doubted. */
const EXITS_MIN = 3;

export function nextStep(view: MemberView): MemberStep {
  if (view.stage === 'new') return view.members === undefined ? found(view) : enter(view);
  if (!view.running) return isRemoved(view) ? { do: 'discard' } : { do: 'start' };
  const own = view.members?.find(({ name }) => name === view.self.id);
  if (own === undefined) return wait('its member does not answer yet');
  return own.learner ? { do: 'promote', id: own.id } : { do: 'settled' };
}

/** Whether to begin a cluster (M1). */
function found({ self, peers, quietMs }: MemberView): MemberStep {
  const others = peers.filter(({ status }) => status !== 'left');
  if (others.some(({ stage }) => stage === 'member')) {
    return wait('there is a cluster, and none of its members answers');
  }
  const alive = others.filter(({ status }) => status === 'alive');
  const count = alive.length + 1;
  if (count < self.expect) return wait(`${count} of ${self.expect} servers are there`);
  const other = alive.find(({ expect }) => expect !== self.expect);
  if (other !== undefined) {
    return wait(`"${other.name}" expects ${other.expect} servers, this one ${self.expect}`);
  }
  const first = alive.find(({ id }) => id < self.id);
  if (first !== undefined) return wait(`"${first.name}" begins the cluster`);
  return quietMs < QUIET_MS ? wait('looks whether others appear') : { do: 'bootstrap' };
}

/** There is a cluster, and this server has nothing yet. */
function enter({ self, members = [] }: MemberView): MemberStep {
  const here = members.find(({ peerUrl }) => peerUrl === self.peerUrl);
  if (here === undefined) return { do: 'add' };
  if (here.name === '') return { do: 'join', members };
  return { do: 'replace', id: here.id };
}

function isRemoved({ self, exits, members }: MemberView): boolean {
  if (exits < EXITS_MIN || members === undefined) return false;
  return !members.some(({ name, peerUrl }) => name === self.id || peerUrl === self.peerUrl);
}

function wait(why: string): MemberStep {
  return { do: 'wait', why };
}

/** A member and what is known of its server, for those who tidy up. */
export interface MemberHealth extends ListedMember {
  /** Whether it answers. */
  readonly healthy: boolean;
  /** For how long it has not [ms]; 0 while it does. */
  readonly silentMs: number;
  /** Its server has said that it will not come back. */
  readonly left: boolean;
}

/** As long as Consul waits before it believes in a change of servers, times three. */
export const DEAD_MS = 30_000;

/** What the one who tidies up knows beside the members. */
export interface Tidying {
  /** Its own server. */
  readonly self: string;
  /** How many voters there are to be. */
  readonly expect: number;
  /** How many servers are there that do not vote yet. */
  readonly waiting: number;
}

/**
 * The member to remove next, if there is one: those that left; those that never started; and the
 * dead, once another server is there in their place. One at a time.
 *
 * M4: what remains has more healthy voters than half of all its voters, as it had before.
 */
export function memberToRemove(
  members: readonly MemberHealth[],
  { self, expect, waiting }: Tidying,
): MemberHealth | undefined {
  const voters = members.filter(({ learner }) => !learner).length;
  const isReplaced = waiting > 0 || voters > expect;
  const dead = members.filter((member) => member.name !== self && !member.healthy);
  const candidates = dead.filter((member) => {
    if (member.left) return true;
    return member.silentMs >= DEAD_MS && (member.learner || member.name === '' || isReplaced);
  });
  return candidates.find((candidate) => {
    const rest = members.filter((member) => member !== candidate);
    return hasMajority(rest) && (candidate.learner || hasMajority(members));
  });
}

/**
 * Why a member that somebody wants to be rid of has to stay; undefined: it can go (M4).
 *
 * @param lives its server is there, whether its member answers or not
 */
export function whyKept(
  member: MemberHealth,
  members: readonly MemberHealth[],
  lives: boolean,
): string | undefined {
  if (lives || member.healthy) return 'it lives: only a server that is gone can be removed';
  if (!member.learner && !hasMajority(members)) return 'too few servers are there to agree on it';
  const rest = members.filter((each) => each !== member);
  return hasMajority(rest) ? undefined : 'too few servers would be left';
}

/**
 * Why a server that leaves cannot take its own member along, while that still votes; undefined: it
 * can (M4). Taken out only once it is dead, the second of two could not be taken out at all.
 *
 * @param self its server
 */
export function whyLeft(self: string, members: readonly MemberHealth[]): string | undefined {
  const rest = members.filter(({ name }) => name !== self);
  if (rest.every(({ learner }) => learner)) return 'it is the last that votes';
  return hasMajority(rest) ? undefined : 'too few servers would be left';
}

function hasMajority(members: readonly MemberHealth[]): boolean {
  const voters = members.filter(({ learner }) => !learner);
  return voters.filter(({ healthy }) => healthy).length * 2 > voters.length;
}
