/** Questions of DNS on an agent without a server role: handed to a server as they came. */
import { setMaxListeners } from 'node:events';
import { Bug } from '../base/assert.ts';
import { explain, Failure } from '../base/failure.ts';
import { encodeRejection } from '../core/dns/encode.ts';
import { decodeQuery } from '../core/dns/query.ts';
import { RCODE } from '../core/dns/record.ts';
import type { SocketAddress } from '../core/dns/settings.ts';
import { isLost } from '../core/link/not-taken.ts';
import { object, oneOf, type Shape } from '../core/link/shape.ts';
import type { AnswerDns, DnsListener, DnsSockets, DnsTransport } from '../ports/dns.ts';
import type { AskedAgent } from '../ports/http.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import { questionOf, type Caller } from './caller.ts';
import { askedAgent, type AskedFrom } from './http-answers.ts';
import type { Answers } from './session.ts';

/** How long whoever asks usually waits, before asking another name server [ms]. */
const ANSWER_MS = 4_000;

interface Question {
  readonly message: Uint8Array;
  readonly transport: DnsTransport;
}

export interface DnsRelayDeps {
  readonly caller: Caller;
  readonly sockets: DnsSockets;
  readonly note: (line: string) => void;
}

export class DnsRelay implements Service {
  readonly name = 'dns';
  readonly #listen: readonly SocketAddress[];
  readonly #deps: DnsRelayDeps;
  #stopping = new AbortController();
  #isTold = false;

  constructor(listen: readonly SocketAddress[], deps: DnsRelayDeps) {
    this.#listen = listen;
    this.#deps = deps;
  }

  /** Fails: as `DnsSockets.listen`; `unavailable` when an address is lost. */
  async run(signal: AbortSignal): Promise<void> {
    const { sockets, note } = this.#deps;
    const listeners: DnsListener[] = [];
    this.#stopping = new AbortController();
    // One listener for each question under way.
    setMaxListeners(0, this.#stopping.signal);
    try {
      for (const at of this.#listen) {
        const listener = await sockets.listen(at, this.answer);
        listeners.push(listener);
        note(`listening on ${listener.host} port ${listener.port}`);
      }
      await Promise.race([untilAborted(signal), ...listeners.map(({ failed }) => failed)]);
    } finally {
      this.#stopping.abort();
      await Promise.all(listeners.map((listener) => listener.close()));
    }
  }

  /** What makes no sense is answered here; the rest is a server's to answer. */
  readonly answer: AnswerDns = async (message, transport) => {
    const received = decodeQuery(message);
    if (received.verdict === 'ignore') return undefined;
    const query = received.verdict === 'query' ? received.query : undefined;
    try {
      const question: Question = { message, transport };
      const options = { signal: this.#stopping.signal, deadlineMs: ANSWER_MS };
      const ask = (): Promise<unknown> => this.#deps.caller.call('dns', question, options);
      // A question changes nothing: where its session is lost, another server is asked.
      const answer = await ask().catch((error: unknown) => {
        if (!isLost(error)) throw error;
        return ask();
      });
      this.#isTold = false;
      return answer instanceof Uint8Array ? answer : undefined;
    } catch (error) {
      if (error instanceof Bug) throw error;
      if (!this.#isTold) this.#deps.note(`no server answers questions: ${explain(error)}`);
      this.#isTold = true;
      return encodeRejection(message, RCODE.serverFailure, { query, recursion: false });
    }
  };
}

const bytes: Shape<Uint8Array> = (value) =>
  value instanceof Uint8Array && value.length <= 65_535 ? undefined : 'is no message';

const QUESTION = object<Question>({ message: bytes, transport: oneOf('udp', 'tcp') });

/** The DNS role of a server. */
export interface DnsAnswerer {
  /** Answers as the agent that was asked would. */
  readonly answerFor: (
    question: Question & { readonly asked: AskedAgent },
  ) => ReturnType<AnswerDns>;
  /** Answers nothing of other regions. */
  readonly answerHere: AnswerDns;
}

/**
 * @param dns absent: this server answers none
 * @param from whose agents ask: another region's are answered nothing of other regions
 */
export function dnsAnswers(dns: DnsAnswerer | undefined, from: AskedFrom = 'this region'): Answers {
  if (dns === undefined) return {};
  return {
    dns: async (asked) => {
      const { message, transport } = questionOf(QUESTION, asked);
      const answer = await (from === 'this region'
        ? dns.answerFor({ message, transport, asked: askedAgent(asked) })
        : dns.answerHere(message, transport));
      if (answer === undefined) throw new Failure('invalid', 'not a question of DNS');
      return answer;
    },
  };
}
