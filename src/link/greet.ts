/** From a connection to a session: greetings, and what the two may ask each other. */
import { Failure } from '../base/failure.ts';
import {
  Accepting,
  Dialling,
  type AgentFacts,
  type HelloOptions,
  type HelloTurn,
} from '../core/link/hello.ts';
import type { SessionPolicy } from '../core/link/session.ts';
import {
  LINK_CLIENT_CALLS_MAX,
  LINK_DEAD_MS,
  LINK_HANDSHAKE_MS_MAX,
  LINK_PING_MS,
  LINK_SERVER_CALLS_MAX,
  LINK_SERVER_DEAD_MS,
  LINK_SERVER_PING_MS,
} from '../core/limits.ts';
import type { Frame } from '../core/link/frame.ts';
import type { AlarmClock, Clock } from '../ports/clock.ts';
import type { LinkKey, LinkSocket } from '../ports/link.ts';
import { LinkSession, type Answers } from './session.ts';

export interface GreetDeps {
  readonly facts: AgentFacts;
  readonly key: LinkKey;
  readonly clock: AlarmClock;
  /** What a peer may ask of this agent. */
  readonly answersFor: (peer: AgentFacts) => Answers;
  /** See `SessionDeps`. */
  readonly notYet?: () => string | undefined;
  readonly note: (line: string) => void;
}

/**
 * Greets over a connection that was made.
 *
 * Fails: as the other side refuses, with its words; `unauthenticated` the keys differ;
 * `unsupported` the builds do not understand each other; `timeout`, `unavailable`; `canceled` the
 * signal.
 */
export function greetDialled(
  socket: LinkSocket,
  deps: GreetDeps,
  signal: AbortSignal,
): Promise<LinkSession> {
  const hello = new Dialling(helloOptions(deps));
  const greeted = greet({ socket, dialled: true, take: (body) => hello.take(body) }, deps, signal);
  socket.send({ kind: 'hello', body: hello.begin() });
  return greeted;
}

/** The same for a connection that somebody else made. */
export function greetAccepted(
  socket: LinkSocket,
  deps: GreetDeps,
  signal: AbortSignal,
): Promise<LinkSession> {
  const hello = new Accepting(helloOptions(deps));
  return greet({ socket, dialled: false, take: (body) => hello.take(body) }, deps, signal);
}

function helloOptions({ facts, key }: GreetDeps): HelloOptions {
  return { facts, nonce: key.nonce(), prover: key };
}

interface Greeted {
  readonly socket: LinkSocket;
  readonly dialled: boolean;
  readonly take: (body: unknown) => HelloTurn;
}

async function greet(
  { socket, dialled, take }: Greeted,
  deps: GreetDeps,
  signal: AbortSignal,
): Promise<LinkSession> {
  const over = new AbortController();
  const session = new Promise<LinkSession>((resolve, reject) => {
    let open: LinkSession | undefined;
    const turn = (frame: Frame): void => {
      const { say, peer, refused } =
        frame.kind === 'hello' ? take(frame.body) : { refused: SPOKE_TOO_SOON };
      if (say !== undefined) socket.send({ kind: 'hello', body: say });
      if (refused !== undefined) {
        reject(new Failure(refused.fault, refused.message));
        socket.close(refused.message);
      } else if (peer !== undefined) {
        socket.trust();
        open = sessionOf(socket, { dialled, peer }, deps);
        resolve(open);
      }
    };
    socket.listen({
      frame: (frame) => {
        if (open === undefined) turn(frame);
        else open.receive(frame);
      },
      closed: (why) => {
        open?.close(why);
        reject(new Failure('unavailable', `${socket.remote} ended the connection: ${why}`));
      },
    });
    const late = `${socket.remote} did not greet in time`;
    limit(over.signal, deps.clock, signal).then(
      () => {
        if (open !== undefined) return;
        reject(new Failure(signal.aborted ? 'canceled' : 'timeout', late));
        socket.close(late);
      },
      () => undefined,
    );
  });
  try {
    return await session;
  } finally {
    over.abort();
  }
}

const SPOKE_TOO_SOON = { fault: 'invalid', message: 'calls came before greetings' } as const;

/** Resolves when the time for greetings is over, or nobody waits for them. */
async function limit(over: AbortSignal, clock: Clock, signal: AbortSignal): Promise<void> {
  await clock.sleep(LINK_HANDSHAKE_MS_MAX, AbortSignal.any([over, signal]));
}

function sessionOf(
  socket: LinkSocket,
  { dialled, peer }: { readonly dialled: boolean; readonly peer: AgentFacts },
  { facts, clock, answersFor, notYet, note }: GreetDeps,
): LinkSession {
  const betweenServers = facts.role === 'server' && peer.role === 'server';
  // Nobody waits to write for a server of another region, and the way there may be slow.
  const isNear = betweenServers && facts.region === peer.region;
  const policy: SessionPolicy = {
    dialled,
    callsMax: betweenServers ? LINK_SERVER_CALLS_MAX : LINK_CLIENT_CALLS_MAX,
    pingMs: isNear ? LINK_SERVER_PING_MS : LINK_PING_MS,
    deadMs: isNear ? LINK_SERVER_DEAD_MS : LINK_DEAD_MS,
  };
  const answers = (): Answers => answersFor(peer);
  return new LinkSession(policy, {
    ...{ socket, peer, clock, note, answers },
    ...(notYet && { notYet }),
  });
}
