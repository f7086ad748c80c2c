/**
 * Requests that the leader answers, at a server that may lead or follow.
 *
 * LH1: what is not to be old is answered by a leader that is certain to lead: by a commit or a
 *      proof a moment ago, or, for `consistent`, by one made after the question came.
 */
import { READ_PROOF_MS } from '../core/limits.ts';
import { notTaken } from '../core/link/not-taken.ts';
import type { HttpApp, HttpMount, HttpReply, HttpRequest, SocketHandler } from '../ports/http.ts';
import type { Caller } from './caller.ts';
import { HttpForwarder, type ApiName } from './http-forward.ts';
import { throughLeader, type LeaderDeps } from './leader.ts';
import { isRead, readOnce } from './read-once.ts';

export interface ProofDeps extends Pick<LeaderDeps, 'clock'> {
  /** Until when it was certain that this server leads [ms of `Clock.elapsedMs`]. */
  readonly provenMs: () => number;
  /** Proves that this server leads now. Fails: `unavailable`. */
  readonly prove: () => Promise<void>;
}

export interface LeaderHttpDeps extends ProofDeps, Pick<LeaderDeps, 'isLeading'> {
  /** Asks the leader. */
  readonly caller: Caller;
}

export class LeaderHttp {
  readonly #deps: LeaderHttpDeps;
  readonly #forwarder: HttpForwarder;

  constructor(deps: LeaderHttpDeps, api: ApiName) {
    this.#deps = deps;
    this.#forwarder = new HttpForwarder(deps.caller, api);
  }

  handle(mount: HttpMount, request: HttpRequest): Promise<HttpReply> {
    const whole = readOnce(request);
    const repeatable = isRead(request);
    return throughLeader<HttpReply>(
      {
        here: async () => {
          if (repeatable) await assure(request, this.#deps);
          return mount.handle(whole);
        },
        there: () => this.#forwarder.handle(mount, whole),
        repeatable,
      },
      this.#deps,
      request.signal,
    );
  }

  upgrade(mount: HttpMount, request: HttpRequest): Promise<HttpReply | SocketHandler> {
    const { upgrade } = mount;
    return throughLeader<HttpReply | SocketHandler>(
      {
        here: () => upgrade?.(request) ?? mount.handle(request),
        there: () => this.#forwarder.upgrade(mount, request),
        repeatable: false,
      },
      this.#deps,
      request.signal,
    );
  }
}

/** What servers that follow hand to this one, which leads as far as it knows. */
export function leaderApp(app: HttpApp, deps: ProofDeps): HttpApp {
  return {
    ...app,
    rewrite: (path) => app.rewrite(path),
    missing: (request, allowed) => app.missing(request, allowed),
    failed: (error, request) => app.failed(error, request),
    mounts: app.mounts.map((mount) => ({
      ...mount,
      handle: async (request) => {
        if (isRead(request)) await assure(request, deps);
        return mount.handle(request);
      },
    })),
  };
}

/** LH1. */
async function assure(
  { query }: HttpRequest,
  { clock, provenMs, prove }: ProofDeps,
): Promise<void> {
  const isStrict = /(?:^|&)consistent(?:=(?!false)|&|$)/.test(query);
  if (!isStrict && clock.elapsedMs() - provenMs() < READ_PROOF_MS) return;
  try {
    await prove();
  } catch (cause) {
    throw notTaken('cannot tell whether this server still leads', { cause });
  }
}
