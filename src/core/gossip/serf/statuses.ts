/**
 * Members with the reasons of their coming and going: the pool says who is alive, intents say what
 * was meant.
 *
 * I1: of two intents about a member the one of the later Lamport time counts.
 * I2: a member that hears it is leaving, and is not, says that it joins.
 */
import type { Address } from '../address.ts';
import { INTENTS_MAX } from '../limits.ts';
import type { Peer } from '../member-list/pool.ts';
import type { Intent } from '../wire/serf-messages.ts';
import { decodeTags } from '../wire/tags.ts';
import { living, spread, tell, type Member, type Ring } from './ring.ts';

/** The pool found somebody. */
export function peerJoined(ring: Ring, peer: Peer): void {
  const known = ring.members.get(peer.name);
  const intent = ring.intents.get(peer.name);
  ring.intents.delete(peer.name);
  ring.remembered.delete(peer.name);
  const statusTime = Math.max(known?.statusTime ?? 0, intent?.lTime ?? 0);
  const status = known === undefined && intent?.type === 'leave' ? 'leaving' : 'alive';
  const { name, address } = peer;
  const tags = decodeTags(peer.meta);
  put(ring, { name, address, tags, status, statusTime, goneAt: 0 });
  tellOf(ring, 'joined', name);
}

export function peerUpdated(ring: Ring, { name, address, meta }: Peer): void {
  const known = ring.members.get(name);
  if (known === undefined) return;
  put(ring, { ...known, address, tags: decodeTags(meta) });
  tellOf(ring, 'updated', name);
}

/** The pool gave somebody up, or it left. */
export function peerLeft(ring: Ring, peer: Peer): void {
  const known = ring.members.get(peer.name);
  if (known === undefined || ring.gone.has(peer.name)) return;
  const hasLeft = known.status === 'leaving' || peer.condition === 'left';
  const status = hasLeft ? 'left' : 'failed';
  put(ring, { ...known, status, goneAt: ring.pool.now });
  tellOf(ring, status, peer.name);
}

function tellOf(ring: Ring, change: 'joined' | 'updated' | 'left' | 'failed', name: string): void {
  const member = ring.members.get(name);
  if (member !== undefined) tell(ring, { type: 'member', change, member });
}

function put(ring: Ring, member: Member): void {
  ring.members.set(member.name, member);
  if (member.status === 'alive' || member.status === 'leaving') ring.gone.delete(member.name);
  else {
    ring.gone.add(member.name);
    armAfterLoss(ring);
  }
}

/** Somebody is to be reached again, or forgotten in time. */
function armAfterLoss(ring: Ring): void {
  armReconnect(ring);
  armOnce(ring, 'reap', ring.policy.reapIntervalMs);
}

/** Somebody is to be reached again. */
export function armReconnect(ring: Ring): void {
  armOnce(ring, 'reconnect', ring.policy.reconnectIntervalMs);
}

function armOnce(ring: Ring, kind: 'reap' | 'reconnect', afterMs: number): void {
  if (ring.armed.has(kind)) return;
  ring.armed.add(kind);
  again(ring, kind, afterMs);
}

/** True where it was new, and is to be passed on. */
export function heardIntent(ring: Ring, intent: Intent): boolean {
  ring.clocks.status.witness(intent.lTime);
  const member = ring.members.get(intent.name);
  if (member === undefined) return keepIntent(ring, intent);
  if (intent.lTime <= member.statusTime) return false;
  return intent.type === 'join' ? joins(ring, member, intent) : leaves(ring, member, intent);
}

function keepIntent(ring: Ring, { type, name, lTime }: Intent): boolean {
  const known = ring.intents.get(name);
  if (known !== undefined && lTime <= known.lTime) return false;
  const { now } = ring.pool;
  if (known === undefined && ring.intents.size >= INTENTS_MAX) {
    for (const [old, { at }] of ring.intents) {
      if (now - at > ring.policy.intentMs) ring.intents.delete(old);
    }
    if (ring.intents.size >= INTENTS_MAX) return false;
  }
  ring.intents.set(name, { type, lTime, at: now });
  return true;
}

function joins(ring: Ring, member: Member, { lTime }: Intent): boolean {
  const status = member.status === 'leaving' ? 'alive' : member.status;
  put(ring, { ...member, status, statusTime: lTime });
  return true;
}

function leaves(ring: Ring, member: Member, { lTime, prune }: Intent): boolean {
  if (member.name === ring.pool.name && ring.leaving.phase === 'no') {
    sayJoin(ring);
    return false;
  }
  const updated = { ...member, statusTime: lTime };
  if (member.status === 'alive') {
    put(ring, { ...updated, status: 'leaving' });
  } else if (member.status === 'failed') {
    put(ring, { ...updated, status: 'left', goneAt: ring.pool.now });
    tellOf(ring, 'left', member.name);
  } else put(ring, updated);
  if (prune) forget(ring, member.name);
  return true;
}

/** Says that this member is here, to whoever thinks otherwise (I2). */
export function sayJoin(ring: Ring): void {
  const { name } = ring.pool;
  const intent: Intent = { type: 'join', lTime: ring.clocks.status.time, name, prune: false };
  heardIntent(ring, intent);
  spread(ring, 'intents', intent, `join ${name}`);
}

/** Says that somebody leaves: this member itself, or one that failed. */
export function sayLeave(ring: Ring, name: string, prune: boolean): void {
  const intent: Intent = { type: 'leave', lTime: ring.clocks.status.tick(), name, prune };
  heardIntent(ring, intent);
  spread(ring, 'intents', intent, `leave ${name}`);
}

/** Takes somebody out of the list who is gone; of somebody alive nothing is forgotten. */
export function forget(ring: Ring, name: string): void {
  const member = ring.members.get(name);
  if (member === undefined || !ring.gone.has(name)) return;
  ring.members.delete(name);
  ring.gone.delete(name);
  ring.coordinates.forget(name);
  ring.answered.delete(name);
  tell(ring, { type: 'member', change: 'reaped', member });
}

/** Forgets who was gone for long enough. */
export function reap(ring: Ring): void {
  const { reconnectTimeoutMs, tombstoneMs, reapIntervalMs } = ring.policy;
  const { now } = ring.pool;
  for (const name of [...ring.gone]) {
    const member = ring.members.get(name);
    if (member === undefined) continue;
    const keptMs = member.status === 'left' ? tombstoneMs : reconnectTimeoutMs;
    if (now - member.goneAt > keptMs) forget(ring, name);
  }
  if (ring.gone.size > 0) again(ring, 'reap', reapIntervalMs);
  else ring.armed.delete('reap');
}

function again(ring: Ring, kind: 'reap' | 'reconnect', afterMs: number): void {
  ring.timers.set(ring.pool.now + afterMs, { kind });
}

/**
 * Where one is that failed, or is remembered, if one is to be tried now: with many alive, each
 * tries seldom.
 */
export function reconnectTo(ring: Ring): Address | undefined {
  const { gone, members, remembered, pool, policy, random } = ring;
  for (const [name, { until }] of remembered) if (pool.now > until) remembered.delete(name);
  const lost = [...remembered.values()].map(({ address }) => address);
  for (const name of gone) {
    const member = members.get(name);
    if (member?.status === 'failed') lost.push(member.address);
  }
  if (gone.size + remembered.size > 0) again(ring, 'reconnect', policy.reconnectIntervalMs);
  else ring.armed.delete('reconnect');
  if (lost.length === 0 || random.next() > lost.length / Math.max(1, living(ring)))
    return undefined;
  return lost[Math.floor(random.next() * lost.length)];
}
