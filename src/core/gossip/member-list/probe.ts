/**
 * Probing: each member is asked in turn, directly, then through others, then over a stream.
 *
 * R1: one round at a time; every other member is probed once in each pass over the order, which is
 *     drawn anew afterwards.
 * R2: a member that does not hear even from those it asked for help blames itself first: it waits
 *     longer with each such round (Lifeguard's local health).
 */
import type { Address } from '../address.ts';
import { PENDING_PROBES_MAX } from '../limits.ts';
import { encodeMessage, type Ack, type IndirectPing, type Ping } from '../wire/messages.ts';
import { heardSuspect } from './members.ts';
import { nackMs } from './policy.ts';
import { adjustAwareness, arm, drawPeers, isLiving, send, sendWithNews } from './pool.ts';
import type { Peer, Pool } from './pool.ts';

/** Begins a round, unless the last one still waits. */
export function probeDue(pool: Pool): void {
  const peer = pool.probing === undefined ? nextPeer(pool) : undefined;
  if (peer !== undefined) probe(pool, peer);
  // With nobody else there is nothing to wake up for; a new member arms it again.
  if (pool.order.length > 1) arm(pool, 'probe', pool.policy.probeIntervalMs);
}

function nextPeer(pool: Pool): Peer | undefined {
  for (let i = 0; i < pool.order.length; i++) {
    if (pool.orderAt >= pool.order.length) newOrder(pool);
    const peer = pool.order[pool.orderAt++];
    if (peer !== undefined && peer !== pool.self && isLiving(peer)) return peer;
  }
  return undefined;
}

/** Forgets who is dead and was told so for long enough, and shuffles the others. */
function newOrder(pool: Pool): void {
  const before = pool.now - pool.policy.gossipToTheDeadMs;
  const kept = pool.order.filter((peer) => {
    const stays = peer === pool.self || isLiving(peer) || peer.changedAt > before;
    if (!stays) pool.peers.delete(peer.name);
    return stays;
  });
  for (let i = kept.length - 1; i > 0; i--) {
    const j = Math.floor(pool.random.next() * (i + 1));
    const [a, b] = [kept[i], kept[j]];
    if (a === undefined || b === undefined) continue;
    kept[i] = b;
    kept[j] = a;
  }
  pool.order = kept;
  pool.orderAt = 0;
}

function probe(pool: Pool, peer: Peer): void {
  const sequence = nextSequence(pool);
  const { policy, now } = pool;
  pool.pending.set(sequence, {
    ...{ kind: 'probe', peer, sentAt: now, isDirect: true, isReached: false },
    ...{ nacks: 0, nacksExpected: 0 },
  });
  pool.probing = sequence;
  // Before the next round's timer, which may fall on the same instant.
  const deadline = now + policy.probeIntervalMs * (pool.awareness + 1);
  pool.timers.set(deadline, { kind: 'probe-deadline', sequence });
  pool.timers.set(now + policy.probeTimeoutMs, { kind: 'probe-timeout', sequence });
  if (peer.condition !== 'alive') pingSuspect(pool, peer, sequence);
  else sendWithNews(pool, peer.address, pingOf(pool, sequence, peer.name));
}

/**
 * Probes who is suspected and tells it so, first, so that the answer carries its denial already.
 *
 * Source: Lifeguard's buddy system
 */
function pingSuspect(pool: Pool, peer: Peer, sequence: number): void {
  const { name, incarnation } = peer;
  const suspect = encodeMessage({ type: 'suspect', name, incarnation, from: pool.name });
  send(pool, peer.address, [suspect, encodeMessage(pingOf(pool, sequence, name))], peer);
}

/** Asks who is about to be given up (K3). What comes of it is in its denial: no answer is due. */
export function callSuspect(pool: Pool, peer: Peer): void {
  pingSuspect(pool, peer, nextSequence(pool));
}

function pingOf({ name, self }: Pool, sequence: number, target: string): Ping {
  return { type: 'ping', sequence, target, source: { name, address: self.address } };
}

/** The same numbers come again after 2^32; those of long ago are answered by then. */
export function nextSequence(pool: Pool): number {
  pool.sequence = (pool.sequence + 1) % 0x1_0000_0000;
  return pool.sequence;
}

/** No direct answer in time: others are asked, and a stream is tried. */
export function probeLate(pool: Pool, sequence: number): void {
  const pending = pool.pending.get(sequence);
  if (pending?.kind !== 'probe') return;
  pending.isDirect = false;
  const { peer } = pending;
  const helpers = drawPeers(pool, pool.policy.indirectChecks, (each) => {
    return each.condition === 'alive' && each !== peer;
  });
  for (const helper of helpers) {
    const wantsNack = (helper.versions[1] ?? 0) >= 4;
    if (wantsNack) pending.nacksExpected++;
    sendWithNews(pool, helper.address, {
      ...{ type: 'indirect-ping', sequence, target: peer.name, at: peer.address, wantsNack },
      source: { name: pool.name, address: pool.self.address },
    });
  }
  const id = nextSequence(pool);
  pool.exchanges.set(id, { kind: 'ping', sequence });
  const bytes = encodeMessage(pingOf(pool, sequence, peer.name));
  pool.effects.push({ do: 'exchange', id, to: peer.address, bytes });
}

/** The round ends without an answer by packet. */
export function probeFailed(pool: Pool, sequence: number): void {
  if (pool.probing === sequence) pool.probing = undefined;
  const pending = pool.pending.get(sequence);
  if (pending?.kind !== 'probe') return;
  pool.pending.delete(sequence);
  const { peer, nacks, nacksExpected } = pending;
  if (pending.isReached) {
    adjustAwareness(pool, -1);
    const line = `${peer.name} answers over TCP only: are packets let through to it?`;
    pool.effects.push({ do: 'note', line });
    return;
  }
  adjustAwareness(pool, nacksExpected > 0 ? Math.max(0, nacksExpected - nacks) : 1);
  const { name, incarnation } = peer;
  heardSuspect(pool, { type: 'suspect', name, incarnation, from: pool.name });
}

/** Takes back the probes that wait for an answer: none is late before there was time to hear it. */
export function dropProbes(pool: Pool): void {
  for (const [sequence, { kind }] of pool.pending) {
    if (kind === 'probe') pool.pending.delete(sequence);
  }
  pool.probing = undefined;
}

/** An answer: to our probe, or to one that we made for somebody else. */
export function heardAck(pool: Pool, { sequence, payload }: Ack): void {
  const pending = pool.pending.get(sequence);
  if (pending === undefined) return;
  pool.pending.delete(sequence);
  if (pending.kind === 'relay') {
    const ack: Ack = { type: 'ack', sequence: pending.sequence, payload: NOTHING };
    sendWithNews(pool, pending.asker, ack);
    return;
  }
  if (pool.probing === sequence) pool.probing = undefined;
  adjustAwareness(pool, -1);
  if (pending.isDirect) pool.layer.onAnswer(pending.peer, pool.now - pending.sentAt, payload);
}

const NOTHING = new Uint8Array(0);

/** The stream got through: it lives. A packet may still come until the round ends. */
export function heardStreamAck(pool: Pool, sequence: number): void {
  const pending = pool.pending.get(sequence);
  if (pending?.kind === 'probe') pending.isReached = true;
}

/** Who was asked for help did not reach it either. */
export function heardNack(pool: Pool, sequence: number): void {
  const pending = pool.pending.get(sequence);
  if (pending?.kind === 'probe') pending.nacks++;
}

/** Somebody probes; answered if this member is meant. */
export function heardPing(pool: Pool, ping: Ping, from: Address): void {
  if (ping.target !== '' && ping.target !== pool.name) return;
  const ack: Ack = { type: 'ack', sequence: ping.sequence, payload: pool.layer.ackPayload() };
  sendWithNews(pool, ping.source?.address ?? from, ack);
}

/** Somebody wants another to be probed for it. */
export function heardIndirectPing(pool: Pool, message: IndirectPing, from: Address): void {
  if (pool.pending.size >= PENDING_PROBES_MAX) return;
  const sequence = nextSequence(pool);
  const asker = message.source?.address ?? from;
  pool.pending.set(sequence, { kind: 'relay', asker, sequence: message.sequence });
  if (message.wantsNack) {
    pool.timers.set(pool.now + nackMs(pool.policy), { kind: 'relay-nack', sequence });
  }
  pool.timers.set(pool.now + pool.policy.probeTimeoutMs, { kind: 'relay-timeout', sequence });
  sendWithNews(pool, message.at, pingOf(pool, sequence, message.target));
}

/** No answer came as yet for whom we probed it; one that still comes is passed on. */
export function relayNack(pool: Pool, sequence: number): void {
  const pending = pool.pending.get(sequence);
  if (pending?.kind !== 'relay') return;
  sendWithNews(pool, pending.asker, { type: 'nack', sequence: pending.sequence });
}

/** Nobody waits any more for what we probed for somebody else. */
export function relayLate(pool: Pool, sequence: number): void {
  if (pool.pending.get(sequence)?.kind === 'relay') pool.pending.delete(sequence);
}
