/**
 * The DNS role: listens, and answers from the directory; what is not ours goes to recursors.
 *
 * Q1: no message stops it. What cannot be read is answered with a code or not at all; only a bug of
 * ours ends it.
 */
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { Answerer, type Decision, type Follow } from '../core/dns/answer.ts';
import type { Directory, QueryResult } from '../core/dns/directory.ts';
import {
  answersMax,
  encodeRejection,
  Encoder,
  replyBytesMax,
  type Reply,
} from '../core/dns/encode.ts';
import { decodeQuery, type Query } from '../core/dns/query.ts';
import { RCODE, type ResourceRecord } from '../core/dns/record.ts';
import { addressesIn, cutReply, encodeFollow } from '../core/dns/recursion.ts';
import type { DnsSettings, SocketAddress } from '../core/dns/settings.ts';
import { queryResult } from '../core/dns/state-directory.ts';
import type { QueryReading } from '../core/state/reads-queries.ts';
import type { Clock } from '../ports/clock.ts';
import type { AskedAgent } from '../ports/http.ts';
import type { DnsListener, DnsSockets, DnsTransport } from '../ports/dns.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import { Recursors } from './recursors.ts';

export interface DnsOptions {
  /** Where `checkDnsSettings` found no mistake. */
  readonly settings: DnsSettings;
  /** At least one; all answer alike. Port 0: a free one. */
  readonly listen: readonly SocketAddress[];
}

/** A message as it came in. */
export interface DnsQuestion {
  readonly message: Uint8Array;
  readonly transport: DnsTransport;
  /** The agent that was asked and handed it over; absent: this one was asked. */
  readonly asked?: AskedAgent | undefined;
}

/** The other regions, as far as names lead there. */
export interface DnsElsewhere {
  /** Whether one of them has a datacenter (lower case). */
  hasDatacenter(datacenter: string): boolean;
  /** Has a question answered where a datacenter is. Fails: `unavailable`, `timeout`. */
  ask(datacenter: string, question: DnsQuestion, signal: AbortSignal): Promise<Uint8Array>;
  /** Carries a query on in the datacenters that it has not tried. */
  failover(reading: QueryReading, signal: AbortSignal): Promise<QueryReading>;
}

export interface DnsDeps {
  readonly directory: Directory;
  /** As another agent sees it; absent: none hands its questions over. */
  readonly seenBy?: (asked: AskedAgent) => Directory;
  /** Absent: there are no other regions. */
  readonly elsewhere?: DnsElsewhere;
  readonly sockets: DnsSockets;
  readonly clock: Clock;
  readonly random: Random;
  /** Takes a line for the agent's log. */
  readonly note: (line: string) => void;
}

type Answered = Uint8Array | undefined;

export class Dns implements Service {
  readonly name = 'dns';
  readonly #options: DnsOptions;
  readonly #deps: DnsDeps;
  readonly #encoder = new Encoder();
  #settings: DnsSettings;
  #answerer: Answerer;
  #recursors: Recursors;
  #listeners: readonly DnsListener[] = [];
  #stopping = new AbortController();
  /** Ends `run` with a bug. */
  #fail: (bug: unknown) => void = () => undefined;

  constructor(options: DnsOptions, deps: DnsDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#settings = options.settings;
    this.#answerer = new Answerer(options.settings);
    this.#recursors = new Recursors(options.settings, deps);
  }

  /** Where it listens just now: none before `run` and after. */
  get listening(): readonly SocketAddress[] {
    return this.#listeners.map(({ host, port }) => ({ host, port }));
  }

  /** Answers by other settings from now on. What is being asked of recursors goes on. */
  configure(settings: DnsSettings): void {
    this.#settings = settings;
    this.#answerer = new Answerer(settings);
    this.#recursors = new Recursors(settings, this.#deps);
  }

  /** Fails: as `DnsSockets.listen`; `unavailable` when an address is lost. */
  async run(signal: AbortSignal): Promise<void> {
    this.#stopping = new AbortController();
    const bug = new Promise<never>((_, reject) => (this.#fail = reject));
    try {
      for (const at of this.#options.listen) {
        const listener = await this.#deps.sockets.listen(at, this.answer);
        this.#listeners = [...this.#listeners, listener];
        this.#deps.note(`listening on ${listener.host} port ${listener.port}`);
      }
      const lost = this.#listeners.map(({ failed }) => failed);
      await Promise.race([untilAborted(signal), bug, ...lost]);
    } finally {
      this.#stopping.abort();
      const open = this.#listeners;
      this.#listeners = [];
      await Promise.all(open.map((listener) => listener.close()));
    }
  }

  /** Answers one message. At once, unless others are to be asked. */
  readonly answer = (message: Uint8Array, transport: DnsTransport): Answered | Promise<Answered> =>
    this.#answer({ message, transport }, this.#deps.elsewhere);

  /** The same for a question that another agent of this region was asked. */
  readonly answerFor = (question: DnsQuestion): Answered | Promise<Answered> =>
    this.#answer(question, this.#deps.elsewhere);

  /** The same for a question that came from another region: it is not passed on again. */
  readonly answerHere: Dns['answer'] = (message, transport) =>
    this.#answer({ message, transport }, undefined);

  #answer(
    question: DnsQuestion,
    elsewhere: DnsElsewhere | undefined,
  ): Answered | Promise<Answered> {
    const { message } = question;
    const received = decodeQuery(message);
    switch (received.verdict) {
      case 'ignore':
        return undefined;
      case 'reject':
        return encodeRejection(message, received.rcode, {
          ...received,
          recursion: this.#recursion,
        });
      case 'query':
        return this.#guarded(received.query, question, elsewhere);
    }
  }

  get #recursion(): boolean {
    return this.#settings.recursors.length > 0;
  }

  /** A failure costs this question its answer, a bug the process (Q1). */
  #guarded(
    query: Query,
    question: DnsQuestion,
    elsewhere: DnsElsewhere | undefined,
  ): Answered | Promise<Answered> {
    try {
      const reply = this.#decide(query, question, elsewhere);
      if (!(reply instanceof Promise)) return reply;
      return reply.catch((error: unknown) => this.#failed(query, error));
    } catch (error) {
      return this.#failed(query, error);
    }
  }

  #failed(query: Query, error: unknown): Uint8Array {
    if (error instanceof Bug) this.#fail(error);
    else this.#deps.note(`cannot answer "${query.name.text}": ${explain(error)}`);
    return this.#serverFailure(query);
  }

  #serverFailure(query: Query): Uint8Array {
    const recursion = this.#recursion;
    return encodeRejection(query.packet, RCODE.serverFailure, { query, recursion });
  }

  /** @param found what a query came to that was carried on in other regions */
  #decide(
    query: Query,
    question: DnsQuestion,
    elsewhere: DnsElsewhere | undefined,
    found?: QueryResult,
  ): Answered | Promise<Answered> {
    const { name, type } = query;
    const { transport, asked } = question;
    const { seenBy, random, clock } = this.#deps;
    const directory = (asked === undefined ? undefined : seenBy?.(asked)) ?? this.#deps.directory;
    const bytesMax = replyBytesMax(query, transport);
    const most = answersMax(bytesMax, transport, this.#settings.udpAnswerLimit);
    const decision = this.#answerer.decide(
      { name, type, answersMax: most },
      {
        ...{ directory, random, now: clock.now() },
        ...(elsewhere && { elsewhere }),
        ...(found && { found }),
      },
    );
    const signal = this.#stopping.signal;
    switch (decision.do) {
      case 'forward':
        return this.#forward(query, transport, bytesMax);
      case 'ask':
        return elsewhere?.ask(decision.datacenter, question, signal);
      case 'fail over':
        // What was carried on is not carried on once more.
        return elsewhere
          ?.failover(decision.reading, signal)
          .then((reading) => this.#decide(query, question, undefined, queryResult(reading)));
      case 'reply':
        return this.#replied(query, decision, bytesMax);
    }
  }

  #replied(
    query: Query,
    { reply, follow }: Extract<Decision, { do: 'reply' }>,
    bytesMax: number,
  ): Answered | Promise<Answered> {
    if (follow.length === 0 || !this.#recursion) return this.#encode(query, reply, bytesMax);
    return this.#withFollowed(query, reply, follow).then((whole) =>
      this.#encode(query, whole, bytesMax),
    );
  }

  #encode(query: Query, reply: Reply, bytesMax: number): Uint8Array {
    const { disableCompression, enableTruncate } = this.#settings;
    return this.#encoder.encode(query, reply, {
      bytesMax,
      compress: !disableCompression,
      recursion: this.#recursion,
      tellTruncation: enableTruncate,
    });
  }

  async #forward(query: Query, transport: DnsTransport, bytesMax: number): Promise<Uint8Array> {
    const reply = await this.#recursors.ask(query.packet, transport, this.#stopping.signal);
    if (reply === undefined) return this.#serverFailure(query);
    return reply.length > bytesMax ? cutReply(query, reply) : reply;
  }

  /** Adds what the names of others lead to. Without an answer, the asker may try it alone. */
  async #withFollowed(query: Query, reply: Reply, follow: readonly Follow[]): Promise<Reply> {
    const max = query.edns === undefined ? FOLLOWED_RECORDS_MAX : FOLLOWED_RECORDS_EDNS_MAX;
    const found = await Promise.all(
      follow.map(async (one): Promise<readonly ResourceRecord[]> => {
        const answer = await this.#recursors.ask(encodeFollow(one), 'udp', this.#stopping.signal);
        return answer === undefined ? [] : addressesIn(answer, one.ttl, max);
      }),
    );
    const foundFor = (section: Follow['into']): readonly ResourceRecord[] =>
      found.filter((_, i) => follow[i]?.into === section).flat();
    return {
      ...reply,
      answers: [...reply.answers, ...foundFor('answers')],
      additional: [...reply.additional, ...foundFor('additional')],
    };
  }
}

/** Records taken over from a recursor, for readers without extensions. Source: Consul. */
const FOLLOWED_RECORDS_MAX = 5;
/** The same for readers who say what they take; the message's length cuts the rest. */
const FOLLOWED_RECORDS_EDNS_MAX = 64;
