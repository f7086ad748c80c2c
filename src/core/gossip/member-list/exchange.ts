/** Whole states, told by both sides: to join, and now and then so that nobody misses anything. */
import type { Address } from '../address.ts';
import { encodeMessage } from '../wire/messages.ts';
import {
  encodePushPull,
  type PeerState,
  type PushPull,
  type StreamMessage,
} from '../wire/stream.ts';
import { heardAlive, heardDead, heardSuspect } from './members.ts';
import { pushPullMs } from './policy.ts';
import { arm, drawPeers, type Exchange, type Pool } from './pool.ts';
import { heardStreamAck, nextSequence } from './probe.ts';

/** Exchanges states with somebody. */
export function pushPullDue(pool: Pool): void {
  const [peer] = drawPeers(pool, 1, ({ condition }) => condition === 'alive');
  if (peer !== undefined) ask(pool, peer.address, { kind: 'push-pull' });
  const { pushPullIntervalMs } = pool.policy;
  if (pool.order.length > 1) {
    arm(pool, 'push-pull', pushPullMs(pushPullIntervalMs, pool.order.length));
  }
}

/** The number of joins that nobody waits for: of members that were lost. */
export const RECONNECTING = 0;

/** Joins whom there is at an address. */
export function join(pool: Pool, joinId: number, to: Address): void {
  ask(pool, to, { kind: 'join', joinId });
}

function ask(pool: Pool, to: Address, exchange: Exchange): void {
  const id = nextSequence(pool);
  pool.exchanges.set(id, exchange);
  const bytes = localState(pool, exchange.kind === 'join');
  pool.effects.push({ do: 'exchange', id, to, bytes });
}

function localState(pool: Pool, isJoin: boolean): Uint8Array {
  const user = pool.layer.localState();
  return encodePushPull({ type: 'push-pull', isJoin, peers: [...pool.peers.values()], user });
}

/** Somebody asks over a stream. */
export function heardStream(
  pool: Pool,
  connection: number,
  { message, from }: { readonly message: StreamMessage; readonly from: Address },
): void {
  if (message.type === 'push-pull') {
    pool.effects.push({ do: 'answer', connection, bytes: localState(pool, false) });
    merge(pool, message, false);
  } else if (message.type === 'ping') {
    if (message.target !== '' && message.target !== pool.name) return;
    const ack = { type: 'ack', sequence: message.sequence, payload: new Uint8Array(0) } as const;
    pool.effects.push({ do: 'answer', connection, bytes: encodeMessage(ack) });
  } else if (message.type === 'user') {
    pool.layer.onUser(message.bytes, from);
  }
}

/** What was asked is answered. */
export function heardAnswer(pool: Pool, id: number, message: StreamMessage): void {
  const exchange = pool.exchanges.get(id);
  if (exchange === undefined) return;
  pool.exchanges.delete(id);
  if (exchange.kind === 'ping') {
    const isIt = message.type === 'ack' && message.sequence === exchange.sequence;
    if (isIt) heardStreamAck(pool, exchange.sequence);
    return;
  }
  const isJoin = exchange.kind === 'join' && exchange.joinId !== RECONNECTING;
  const problem = message.type === 'push-pull' ? merge(pool, message, isJoin) : refusalOf(message);
  if (exchange.kind === 'join') {
    const told = problem === undefined ? {} : { problem };
    pool.effects.push({ do: 'told', joinId: exchange.joinId, ...told });
  }
}

function refusalOf(message: StreamMessage): string {
  return message.type === 'error' ? message.why : `was answered with ${message.type}`;
}

/** What was asked came to nothing. */
export function heardNothing(pool: Pool, id: number, why: string): void {
  const exchange = pool.exchanges.get(id);
  pool.exchanges.delete(id);
  if (exchange?.kind !== 'join') return;
  pool.effects.push({ do: 'told', joinId: exchange.joinId, problem: why });
}

/**
 * Takes over what the other side knows, as if it had been said. Nothing of it where it is of
 * another pool: the answer says why.
 */
function merge(pool: Pool, { peers, user }: PushPull, isJoin: boolean): string | undefined {
  for (const peer of peers) {
    const why = peer.condition === 'alive' ? pool.layer.refusal?.(peer) : undefined;
    if (why === undefined) continue;
    pool.effects.push({ do: 'note', line: `does not join another pool: ${why}` });
    return why;
  }
  for (const peer of peers) mergePeer(pool, peer);
  if (user.length > 0) pool.layer.onState(user, isJoin);
  return undefined;
}

function mergePeer(pool: Pool, { condition, ...peer }: PeerState): void {
  const { name, incarnation } = peer;
  if (condition === 'alive') heardAlive(pool, { type: 'alive', ...peer });
  else if (condition === 'left') {
    heardDead(pool, { type: 'dead', name, incarnation, from: name });
  } else {
    // The other side's verdict is a suspicion here: who is meant may still deny it.
    heardSuspect(pool, { type: 'suspect', name, incarnation, from: pool.name });
  }
}
