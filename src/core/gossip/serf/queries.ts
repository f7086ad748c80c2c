/**
 * Questions to the members: asked by passing them on, answered straight to who asks.
 *
 * Q1: each is heard once, by whom its filters mean, and answered only until its time is over.
 * Q2: of each member one answer and one receipt count.
 */
import { compileRegex, testRegex } from '../../regex/search.ts';
import { addressText, isSameAddress, type Address } from '../address.ts';
import { LAMPORT_BUFFER, OPEN_QUERIES_MAX, RESPONSE_BYTES_MAX } from '../limits.ts';
import { drawPeers } from '../member-list/pool.ts';
import { encodeMessage } from '../wire/messages.ts';
import { QUERY_FLAG, encodeSerf } from '../wire/serf-messages.ts';
import type { Filter, QueryMessage, RelayMessage, ResponseMessage } from '../wire/serf-messages.ts';
import { decodeConflict } from './conflict.ts';
import { answerInternal } from './internal-queries.ts';
import {
  living,
  spread,
  tell,
  type Ask,
  type HeardQuery,
  type OpenAsk,
  type Ring,
  type Votes,
} from './ring.ts';

/** Names of queries that members answer by themselves begin so. Source: Serf. */
export const INTERNAL = '_serf_';

/** The default of a query's time: so many gossip intervals, times the logarithm of the members. */
const TIMEOUT_MULT = 16;

/** Asks everybody, this member too. */
export function ask(ring: Ring, wish: Ask, votes?: OpenAsk['votes']): void {
  if (ring.asks.size >= OPEN_QUERIES_MAX) {
    tell(ring, { type: 'asked', ask: wish.ask });
    return;
  }
  const { gossipIntervalMs } = ring.policy.pool;
  const suggestedMs = gossipIntervalMs * TIMEOUT_MULT * Math.ceil(Math.log10(living(ring) + 1));
  const timeoutMs = wish.timeoutMs ?? suggestedMs;
  const id = Math.floor(ring.random.next() * 0x1_0000_0000);
  const query: QueryMessage = {
    ...{ type: 'query', lTime: ring.clocks.query.tick(), id, timeoutMs },
    ...{ from: ring.pool.self.address, source: ring.pool.name, filters: wish.filters },
    ...{ flags: wish.wantsAcks ? QUERY_FLAG.ack : 0, relayFactor: wish.relayFactor },
    ...{ name: wish.name, payload: wish.payload },
  };
  ring.asks.set(id, {
    ...{ ask: wish.ask, lTime: query.lTime, id, acked: new Set(), answered: new Set() },
    ...(votes === undefined ? {} : { votes }),
  });
  ring.timers.set(ring.pool.now + timeoutMs, { kind: 'ask-ends', id });
  heardQuery(ring, query);
  spread(ring, 'queries', query);
}

/** Its time is over. */
export function askEnded(ring: Ring, id: number): void {
  const open = ring.asks.get(id);
  if (open === undefined) return;
  ring.asks.delete(id);
  const { votes } = open;
  if (votes === undefined) tell(ring, { type: 'asked', ask: open.ask });
  else if (isLost(ring, votes)) tell(ring, { type: 'name-lost', ...votes });
}

/** Where as many know the one as the other, both must come to the same verdict. */
function isLost({ pool }: Ring, { rival, here, elsewhere }: Votes): boolean {
  if (elsewhere !== here) return elsewhere > here;
  return addressText(pool.self.address) > addressText(rival);
}

/** True where it is new, and is to be passed on. */
export function heardQuery(ring: Ring, query: QueryMessage): boolean {
  ring.clocks.query.witness(query.lTime);
  if (!ring.seenQueries.add(query.lTime, query.id, ring.clocks.query.time)) return false;
  const passesOn = (query.flags & QUERY_FLAG.noBroadcast) === 0;
  if (!query.filters.every((filter) => isMeant(ring, filter))) return passesOn;
  if ((query.flags & QUERY_FLAG.ack) !== 0) respond(ring, query, { isAck: true, payload: NOTHING });
  if (query.name.startsWith(INTERNAL)) {
    const payload = answerInternal(ring, query.name.slice(INTERNAL.length), query.payload);
    if (payload !== undefined) respond(ring, query, { isAck: false, payload });
    return passesOn;
  }
  if (ring.heard.size >= LAMPORT_BUFFER) return passesOn;
  const number = ring.queries++;
  const endsAt = ring.pool.now + query.timeoutMs;
  const { lTime, id, from, relayFactor, name, payload } = query;
  ring.heard.set(number, { lTime, id, from, relayFactor, endsAt });
  ring.timers.set(endsAt, { kind: 'query-ends', query: number });
  tell(ring, { type: 'query', query: number, name, payload, from: query.source });
  return passesOn;
}

const NOTHING = new Uint8Array(0);

function isMeant({ pool, members }: Ring, filter: Filter): boolean {
  if (filter.by === 'node') return filter.names.includes(pool.name);
  const expression = compileRegex(filter.expression);
  if ('problem' in expression) return false;
  const value = members.get(pool.name)?.tags[filter.tag] ?? '';
  return testRegex(expression, value) === true;
}

/** Answers a question that is still open. */
export function answer(ring: Ring, number: number, payload: Uint8Array): void {
  const query = ring.heard.get(number);
  ring.heard.delete(number);
  if (query === undefined || ring.pool.now > query.endsAt) return;
  respond(ring, query, { isAck: false, payload });
}

type Answered = Pick<HeardQuery, 'lTime' | 'id' | 'from' | 'relayFactor'>;

function respond(
  ring: Ring,
  { lTime, id, from, relayFactor }: Answered,
  { isAck, payload }: { readonly isAck: boolean; readonly payload: Uint8Array },
): void {
  if (payload.length > RESPONSE_BYTES_MAX) return;
  const { name, self } = ring.pool;
  const response: ResponseMessage = { type: 'response', lTime, id, from: name, isAck, payload };
  if (isSameAddress(from, self.address)) {
    heardResponse(ring, response);
    return;
  }
  const message = encodeSerf(response);
  sendTo(ring, from, message);
  const helpers = drawPeers(ring.pool, relayFactor, ({ condition }) => condition === 'alive');
  for (const helper of helpers) {
    sendTo(ring, helper.address, encodeSerf({ type: 'relay', to: from, name: '', message }));
  }
}

function sendTo(ring: Ring, to: Address, message: Uint8Array): void {
  const bytes = encodeMessage({ type: 'user', bytes: message });
  ring.effects.push({ do: 'send', to, bytes });
}

/** Passes on what is for somebody else. */
export function heardRelay(ring: Ring, { to, message }: RelayMessage): void {
  sendTo(ring, to, message);
}

/** An answer, or a receipt, to a question of this member. */
export function heardResponse(ring: Ring, response: ResponseMessage): void {
  const open = ring.asks.get(response.id);
  if (open === undefined || open.lTime !== response.lTime) return;
  const { from, isAck, payload } = response;
  const known = isAck ? open.acked : open.answered;
  if (known.has(from)) return;
  known.add(from);
  if (open.votes === undefined) {
    tell(ring, { type: 'reply', ask: open.ask, from, isAck, payload });
  } else if (!isAck) {
    const address = decodeConflict(payload);
    if (address === undefined) return;
    if (isSameAddress(address, ring.pool.self.address)) open.votes.here++;
    else open.votes.elsewhere++;
  }
}
