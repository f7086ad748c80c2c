/**
 * What members say of each other: who is alive, suspected, dead, gone.
 *
 * K1: a higher incarnation wins; at the same one dead beats suspect beats alive. Only the member
 *     itself raises its incarnation.
 * K2: whatever is said of this member itself, and is not so, it denies with a higher incarnation;
 *     what it has denied already it denies again, for whoever missed that.
 * K3: a suspicion ends in death unless it is denied; the more members suspect, the sooner. Where
 *     fewer than expected do, the member is told what is said of it before that.
 * K4: nobody is admitted who belongs to another pool, whoever tells of it.
 * K5: time in which this process stood still counts against nobody.
 * K6: a suspicion is of one incarnation: one of a higher incarnation takes its place and begins
 *     anew, as the member must have denied the older one, whose denial was lost on the way here.
 *
 * Source: SWIM (Das, Gupta, Motivala 2002) and Lifeguard (https://arxiv.org/abs/1707.00788)
 */
import { addressText, isSameAddress } from '../address.ts';
import { MEMBERS_MAX } from '../limits.ts';
import type { Accusation, Alive } from '../wire/messages.ts';
import { pushPullMs, suspicionLasts, suspicionMs } from './policy.ts';
import { adjustAwareness, arm, broadcast, isLiving, type Peer, type Pool } from './pool.ts';

/** Somebody is said to be alive. */
export function heardAlive(pool: Pool, alive: Alive): void {
  if (alive.name === '' || (alive.versions.length > 0 && !isSpoken(alive.versions))) return;
  const known = pool.peers.get(alive.name);
  if (known === pool.self) {
    heardOfSelf(pool, alive);
    return;
  }
  const peer = known ?? admit(pool, alive);
  if (peer === undefined) return;
  const isMoved = !isSameAddress(peer.address, alive.address);
  if (isMoved && known !== undefined && !isFree(pool, peer)) {
    pool.layer.onConflict(peer, alive.address);
    return;
  }
  if (alive.incarnation <= peer.incarnation && !(isMoved && known !== undefined)) return;
  revive(pool, peer, alive);
}

/** Whether somebody else may take its name. */
function isFree({ now, policy }: Pool, { condition, changedAt }: Peer): boolean {
  return condition === 'left' || (condition === 'dead' && now - changedAt > policy.nameReclaimMs);
}

/** A protocol version that it says it speaks from, to. */
function isSpoken(versions: Uint8Array): boolean {
  const [least = 0, most = 0] = versions;
  return least > 0 && most > 0 && least <= most;
}

/** Is told of oneself: true, or of an earlier life, or of another member with the same name. */
function heardOfSelf(pool: Pool, alive: Alive): void {
  const { self } = pool;
  if (!isSameAddress(self.address, alive.address)) {
    pool.layer.onConflict(self, alive.address);
    return;
  }
  if (alive.incarnation < self.incarnation || pool.isLeaving) return;
  const isTrue = isSameBytes(alive.meta, self.meta) && isSameBytes(alive.versions, self.versions);
  if (alive.incarnation === self.incarnation && isTrue) return;
  deny(pool, alive.incarnation);
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A member not known before, in a random place of the order; undefined: no room, or K4. */
function admit(pool: Pool, { name, address, meta, versions }: Alive): Peer | undefined {
  if (pool.layer.refusal?.({ name, meta }) !== undefined) return undefined;
  if (pool.peers.size >= MEMBERS_MAX) {
    pool.effects.push({ do: 'note', line: `no room for ${name} among ${MEMBERS_MAX} members` });
    return undefined;
  }
  const peer: Peer = {
    ...{ name, address, meta, versions, incarnation: 0 },
    ...{ condition: 'dead', changedAt: pool.now, suspicion: undefined },
  };
  pool.peers.set(name, peer);
  const { order } = pool;
  const at = Math.floor(pool.random.next() * (order.length + 1));
  order.push(peer);
  const other = order[at];
  if (other !== undefined) {
    order[at] = peer;
    order[order.length - 1] = other;
  }
  arm(pool, 'probe', pool.policy.probeIntervalMs * pool.random.next());
  const pushPull = pushPullMs(pool.policy.pushPullIntervalMs, order.length);
  arm(pool, 'push-pull', pushPull * pool.random.next());
  return peer;
}

function revive(pool: Pool, peer: Peer, alive: Alive): void {
  const wasLiving = isLiving(peer);
  const isChanged = !isSameBytes(peer.meta, alive.meta);
  const { incarnation, address, meta, versions } = alive;
  Object.assign(peer, { incarnation, address, meta, suspicion: undefined });
  if (versions.length > 0) peer.versions = versions;
  if (peer.condition !== 'alive') {
    peer.condition = 'alive';
    peer.changedAt = pool.now;
  }
  broadcast(pool, alive);
  if (!wasLiving) pool.layer.onJoin(peer);
  else if (isChanged) pool.layer.onUpdate(peer);
}

/** Says that this member is alive, above what was said of it (K2). */
function deny(pool: Pool, accused: number): void {
  const { self } = pool;
  self.incarnation = Math.max(self.incarnation + 1, accused + 1);
  adjustAwareness(pool, 1);
  announce(pool);
}

/** Who accuses it has missed that this member denied that. It is told once more, if not anyway. */
function denyAgain(pool: Pool): void {
  if (!pool.broadcasts.has(pool.name)) announce(pool);
}

/** Tells what this member is. */
export function announce(pool: Pool): void {
  const { name, incarnation, address, meta, versions } = pool.self;
  broadcast(pool, { type: 'alive', name, incarnation, address, meta, versions });
}

/** Somebody is suspected. */
export function heardSuspect(pool: Pool, suspect: Accusation): void {
  const peer = pool.peers.get(suspect.name);
  if (peer === undefined || !isLiving(peer)) return;
  if (suspect.incarnation < peer.incarnation) {
    if (peer === pool.self) denyAgain(pool);
    return;
  }
  if (peer.suspicion !== undefined && suspect.incarnation === peer.incarnation) {
    if (confirm(pool, peer, suspect.from)) broadcast(pool, suspect);
    return;
  }
  if (peer === pool.self) {
    if (!pool.isLeaving) deny(pool, suspect.incarnation);
    return;
  }
  broadcast(pool, suspect);
  peer.condition = 'suspect';
  peer.incarnation = suspect.incarnation;
  peer.changedAt = pool.now;
  suspicionOf(pool, peer, suspect.from);
}

function suspicionOf(pool: Pool, peer: Peer, from: string): void {
  const { policy } = pool;
  const members = pool.order.length;
  // Too few others to confirm anything: the shortest has to do.
  const wanted = policy.suspicionMult - 2;
  const expected = members - 2 < wanted ? 0 : wanted;
  const minMs = suspicionMs(policy, members);
  const maxMs = minMs * policy.suspicionMaxMult;
  const endsAt = pool.now + suspicionLasts({ minMs, maxMs }, 0, expected);
  const voices = new Set([from]);
  peer.suspicion = { startedAt: pool.now, minMs, maxMs, expected, voices, calls: 0, endsAt };
  pool.timers.set(endsAt, { kind: 'suspicion', name: peer.name });
}

/** True where the voice is new, and still counts. */
function confirm(pool: Pool, peer: Peer, from: string): boolean {
  const { suspicion } = peer;
  if (suspicion === undefined || suspicion.voices.has(from)) return false;
  const confirmations = suspicion.voices.size;
  if (confirmations > suspicion.expected) return false;
  suspicion.voices.add(from);
  const lasts = suspicionLasts(suspicion, confirmations, suspicion.expected);
  suspicion.endsAt = Math.max(pool.now, suspicion.startedAt + lasts);
  pool.timers.set(suspicion.endsAt, { kind: 'suspicion', name: peer.name });
  return true;
}

/** Gives everybody who is suspected the time to deny it anew, as long as before. */
export function restartSuspicions(pool: Pool): void {
  for (const { name, suspicion } of pool.peers.values()) {
    if (suspicion === undefined) continue;
    const lastsMs = suspicion.endsAt - suspicion.startedAt;
    suspicion.startedAt = pool.now;
    suspicion.endsAt = pool.now + lastsMs;
    pool.timers.set(suspicion.endsAt, { kind: 'suspicion', name });
  }
}

/**
 * A suspicion may have ended: nobody denied it (K3).
 *
 * @returns whom to tell what is said of it before it is given up; undefined: nobody
 */
export function suspicionDue(pool: Pool, name: string): Peer | undefined {
  const peer = pool.peers.get(name);
  const suspicion = peer?.suspicion;
  // A shortened one leaves its first timer behind.
  if (peer === undefined || suspicion === undefined || pool.now < suspicion.endsAt) {
    return undefined;
  }
  const voices = suspicion.voices.size - 1;
  if (voices < suspicion.expected && suspicion.calls < pool.policy.lastCalls) {
    suspicion.calls++;
    suspicion.endsAt = pool.now + pool.policy.probeTimeoutMs;
    pool.timers.set(suspicion.endsAt, { kind: 'suspicion', name });
    return peer;
  }
  pool.effects.push({
    do: 'note',
    line: `${name} (${addressText(peer.address)}) has failed: ${voices} others confirmed it`,
  });
  heardDead(pool, { type: 'dead', incarnation: peer.incarnation, name, from: pool.name });
  return undefined;
}

/** Somebody is said to be dead; by itself: it leaves. */
export function heardDead(pool: Pool, dead: Accusation): void {
  const peer = pool.peers.get(dead.name);
  if (peer === undefined || !isLiving(peer)) return;
  if (dead.incarnation < peer.incarnation) {
    if (peer === pool.self) denyAgain(pool);
    return;
  }
  peer.suspicion = undefined;
  if (peer === pool.self && !pool.isLeaving) {
    deny(pool, dead.incarnation);
    return;
  }
  broadcast(pool, dead);
  peer.incarnation = dead.incarnation;
  peer.condition = dead.from === dead.name ? 'left' : 'dead';
  peer.changedAt = pool.now;
  pool.layer.onLeave(peer);
}

/** Begins to leave: others are told, and no accusation is denied any more. */
export function leave(pool: Pool): void {
  pool.isLeaving = true;
  const { name, incarnation } = pool.self;
  heardDead(pool, { type: 'dead', incarnation, name, from: name });
}
