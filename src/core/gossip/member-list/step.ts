/** One step of a pool: takes an input, or the time, and says what is to be done. */
import { Failure } from '../../../base/failure.ts';
import type { Millis } from '../../../base/brand.ts';
import { standstillMs } from '../../../base/standstill.ts';
import type { Address } from '../address.ts';
import { addressText } from '../address.ts';
import { decodeMessage, type Message } from '../wire/messages.ts';
import { COMPOUND_ROOM, unwrap } from '../wire/packet.ts';
import { heardAnswer, heardNothing, heardStream, join, pushPullDue } from './exchange.ts';
import { heardAlive, heardDead, heardSuspect, restartSuspicions, suspicionDue } from './members.ts';
import { adjustAwareness, armGossip, drawPeers, isLiving, send, takeBroadcasts } from './pool.ts';
import type { Pool, PoolEffect, PoolInput, Timer } from './pool.ts';
import { dropProbes, heardAck, heardIndirectPing, heardNack, heardPing } from './probe.ts';
import { callSuspect, probeDue, probeFailed, probeLate, relayLate, relayNack } from './probe.ts';

/**
 * Takes one input, then whatever is due.
 *
 * @param now of the clock of the pool (G2); never earlier than before
 * @returns what to do, in this order; the pool itself is changed (G1)
 */
export function stepPool(pool: Pool, input: PoolInput, now: Millis): readonly PoolEffect[] {
  const stoodMs = standstillMs(pool.timers.nextAt, now, pool.policy.standstillMs);
  pool.now = now;
  pool.effects = [];
  if (stoodMs !== undefined) forgive(pool, stoodMs);
  take(pool, input);
  for (let timer = pool.timers.due(now); timer !== undefined; timer = pool.timers.due(now)) {
    run(pool, timer);
  }
  armGossip(pool);
  return pool.effects;
}

/** This process did nothing for so long: whoever it should have heard meanwhile is not to blame. */
function forgive(pool: Pool, stoodMs: number): void {
  const line = `this agent stood still for ${Math.round(stoodMs)} ms: nobody fails by that`;
  pool.effects.push({ do: 'note', line });
  dropProbes(pool);
  restartSuspicions(pool);
  // Others found it silent meanwhile, so it is no good judge of their silence for a while.
  adjustAwareness(pool, 1);
}

function take(pool: Pool, input: PoolInput): void {
  switch (input.type) {
    case 'tick':
      return;
    case 'packet':
      packet(pool, input.bytes, input.from);
      return;
    case 'asked':
      heardStream(pool, input.connection, input);
      return;
    case 'answered':
      heardAnswer(pool, input.id, input.message);
      return;
    case 'unanswered':
      heardNothing(pool, input.id, input.why);
      return;
    case 'join':
      join(pool, input.joinId, input.to);
  }
}

/** What of a packet can be read is taken; the rest is noted. */
function packet(pool: Pool, bytes: Uint8Array, from: Address): void {
  try {
    for (const message of unwrap(bytes)) heard(pool, decodeMessage(message), from);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const line = `a packet of ${addressText(from)} is dropped: ${error.message}`;
    pool.effects.push({ do: 'note', line });
  }
}

function heard(pool: Pool, message: Message, from: Address): void {
  switch (message.type) {
    case 'ping':
      heardPing(pool, message, from);
      return;
    case 'indirect-ping':
      heardIndirectPing(pool, message, from);
      return;
    case 'ack':
      heardAck(pool, message);
      return;
    case 'nack':
      heardNack(pool, message.sequence);
      return;
    case 'suspect':
      heardSuspect(pool, message);
      return;
    case 'alive':
      heardAlive(pool, message);
      return;
    case 'dead':
      heardDead(pool, message);
      return;
    case 'user':
      pool.layer.onUser(message.bytes, from);
      return;
    case 'error':
      return;
  }
}

function run(pool: Pool, timer: Timer): void {
  switch (timer.kind) {
    case 'probe':
      pool.armed.delete('probe');
      probeDue(pool);
      return;
    case 'gossip':
      pool.armed.delete('gossip');
      gossip(pool);
      return;
    case 'push-pull':
      pool.armed.delete('push-pull');
      pushPullDue(pool);
      return;
    case 'probe-timeout':
      probeLate(pool, timer.sequence);
      return;
    case 'probe-deadline':
      probeFailed(pool, timer.sequence);
      return;
    case 'relay-nack':
      relayNack(pool, timer.sequence);
      return;
    case 'relay-timeout':
      relayLate(pool, timer.sequence);
      return;
    case 'suspicion': {
      const called = suspicionDue(pool, timer.name);
      if (called !== undefined) callSuspect(pool, called);
    }
  }
}

/** Tells some others what there is to tell; the dead too, for a while, so that they can object. */
function gossip(pool: Pool): void {
  const { gossipNodes, gossipToTheDeadMs } = pool.policy;
  const peers = drawPeers(pool, gossipNodes, (peer) => {
    if (isLiving(peer)) return true;
    return peer.condition === 'dead' && pool.now - peer.changedAt < gossipToTheDeadMs;
  });
  for (const peer of peers) {
    const messages = takeBroadcasts(pool, COMPOUND_ROOM);
    if (messages.length === 0) return;
    send(pool, peer.address, messages, peer);
  }
}
