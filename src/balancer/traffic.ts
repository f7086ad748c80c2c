/**
 * Decides where requests and connections go: the table of the moment, whose turn it is, who is busy
 * and who does not answer.
 *
 * T1: a request decides on the table that was in force when it came; a retry on the newest.
 */
import type { Millis } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import { liesIn } from '../core/balancer/access.ts';
import { authorised } from '../core/balancer/auth.ts';
import { afterFailure, isOut, type Ejection } from '../core/balancer/ejection.ts';
import { replyHeaders, requestHeaders } from '../core/balancer/headers.ts';
import { pick } from '../core/balancer/pick.ts';
import {
  faultReply,
  mayRetry,
  pathTowards,
  plainReply,
  redirectReply,
  wanted,
  type AttemptFault,
  type OwnReply,
  type RequestHead,
  type Wanted,
} from '../core/balancer/request.ts';
import type { Rule, Target } from '../core/balancer/rule.ts';
import type { BalancerSettings } from '../core/balancer/settings.ts';
import { stickyCookie, stuckTo } from '../core/balancer/sticky.ts';
import { EMPTY_TABLE, lookup, lookupSni, type Table } from '../core/balancer/table.ts';
import type { Exchange, Step, Traffic, Tunnel, TunnelTarget } from '../ports/balancer.ts';
import type { Clock } from '../ports/clock.ts';
import type { Tally } from './tally.ts';

export interface TrafficDeps {
  /** To begin with; see `configure`. */
  readonly settings: BalancerSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly tally: Tally;
  /** Takes a line of the access log. */
  readonly access: (line: string) => void;
}

/** What an address has to do. It is kept while it has nothing, until the next table. */
interface Load {
  active: number;
}

/** Of a request that has not failed anywhere. */
const NONE: ReadonlySet<string> = new Set();

/** Addresses that failed and are remembered; more are forgotten, oldest first. */
const EJECTIONS_MAX = 10_000;

export class BalancerTraffic implements Traffic {
  #deps: TrafficDeps;
  #table: Table = EMPTY_TABLE;
  /** By the rule's key, over all tables: a new table does not begin with the same target again. */
  #turns = new Map<string, number>();
  readonly #loads = new Map<string, Load>();
  readonly #ejections = new Map<string, Ejection>();

  constructor(deps: TrafficDeps) {
    this.#deps = deps;
  }

  get deps(): TrafficDeps {
    return this.#deps;
  }

  /** From now on everything goes by these. */
  configure(settings: BalancerSettings): void {
    this.#deps = { ...this.#deps, settings };
  }

  get table(): Table {
    return this.#table;
  }

  /** From now on everything new goes by this table. */
  swap(table: Table): void {
    this.#table = table;
    const known = new Set(table.rules.map(({ key }) => key));
    this.#turns = new Map([...this.#turns].filter(([key]) => known.has(key)));
    for (const [address, { active }] of this.#loads) {
      if (active === 0) this.#loads.delete(address);
    }
  }

  exchange(head: RequestHead): Exchange {
    return new HttpExchange(this, head);
  }

  tunnel(
    to: { readonly port: number } | { readonly serverName: string },
    remoteAddress: string,
  ): Tunnel | undefined {
    const find = (): Rule | undefined =>
      'port' in to ? this.#table.tcp.get(to.port) : lookupSni(this.#table, to.serverName);
    return find() === undefined ? undefined : new TcpTunnel(this, find, remoteAddress);
  }

  /** Requests and connections under way, by address. */
  get active(): ReadonlyMap<string, number> {
    const busy = [...this.#loads].filter(([, { active }]) => active > 0);
    return new Map(busy.map(([address, { active }]) => [address, active]));
  }

  pick(rule: Rule, tried: ReadonlySet<string>): Target | undefined {
    const { settings, random } = this.#deps;
    const turn = this.#turns.get(rule.key) ?? Math.floor(random.next() * rule.ring.length);
    this.#turns.set(rule.key, (turn + 1) % Number.MAX_SAFE_INTEGER);
    return pick(rule, settings.strategy, {
      turn,
      random: settings.strategy === 'random' ? random.next() : 0,
      active: ({ address }) => this.#loads.get(address)?.active ?? 0,
      ejected: (target) => this.#ejections.size > 0 && this.isOut(target),
      tried,
    });
  }

  isOut(target: Target): boolean {
    return isOut(this.#ejections.get(target.address), this.#elapsed());
  }

  /** Addresses are left out by a clock that nobody sets. */
  #elapsed(): Millis {
    return this.#deps.clock.elapsedMs() as Millis;
  }

  began({ address }: Target): void {
    const load = this.#loads.get(address);
    if (load === undefined) this.#loads.set(address, { active: 1 });
    else load.active += 1;
  }

  /** @param answered false: it could not be reached; undefined: that says nothing about it */
  done({ address }: Target, answered: boolean | undefined): void {
    const load = this.#loads.get(address);
    if (load !== undefined) load.active -= 1;
    if (answered === undefined) return;
    if (answered) {
      if (this.#ejections.size > 0) this.#ejections.delete(address);
      return;
    }
    const before = this.#ejections.get(address);
    this.#ejections.delete(address);
    this.#ejections.set(address, afterFailure(before, this.#elapsed()));
    const [oldest] = this.#ejections.keys();
    if (this.#ejections.size > EJECTIONS_MAX && oldest !== undefined) {
      this.#ejections.delete(oldest);
    }
  }
}

class HttpExchange implements Exchange {
  readonly #traffic: BalancerTraffic;
  readonly #head: RequestHead;
  readonly #beganMs: number;
  /** Ids of targets that failed; the one under way is not among them. */
  #tried: Set<string> | undefined;
  /** Of those, the ones that no connection came about with. */
  #refused: Set<string> | undefined;
  #sent = 0;
  #asked: Wanted | undefined;
  #target: Target | undefined;
  #setCookie: string | undefined;
  #isAnswering = false;

  constructor(traffic: BalancerTraffic, head: RequestHead) {
    this.#traffic = traffic;
    this.#head = head;
    this.#beganMs = traffic.deps.clock.elapsedMs();
  }

  begin(): Step {
    this.#asked = wanted(this.#head);
    if (this.#asked === undefined) return answer(plainReply(400));
    return this.#next(this.#asked);
  }

  failed(fault: AttemptFault, bodyRead: boolean): Step {
    if (this.#target !== undefined) {
      this.#tried = (this.#tried ?? new Set()).add(this.#target.id);
      if (fault === 'connect') this.#refused = (this.#refused ?? new Set()).add(this.#target.id);
    }
    if (fault !== 'connect') this.#sent += 1;
    this.#release(fault === 'connect' || fault === 'broken' ? false : undefined);
    this.#traffic.deps.tally.attemptFailed(fault);
    const attempts = { sent: this.#sent, refused: this.#refused?.size ?? 0, bodyRead };
    if (this.#asked === undefined || !mayRetry(fault, this.#head.method, attempts)) {
      return answer(faultReply(fault));
    }
    const next = this.#next(this.#asked);
    // That nobody is left is the last one's fault, not the table's.
    return next.do === 'answer' && next.reply.status === 503 ? answer(faultReply(fault)) : next;
  }

  answering(_status: number, headers: readonly string[]): readonly string[] {
    this.#isAnswering = true;
    const out = replyHeaders(headers);
    if (this.#setCookie !== undefined) out.push('Set-Cookie', this.#setCookie);
    return out;
  }

  ended({ status, bytes, complete }: { status: number; bytes: number; complete: boolean }): void {
    const service = this.#target?.service ?? '';
    this.#release(this.#isAnswering ? true : undefined);
    const { tally, clock, settings, access } = this.#traffic.deps;
    const ms = clock.elapsedMs() - this.#beganMs;
    tally.request({ service, status, ms, bytes, complete });
    if (!settings.accessLog) return;
    const { remoteAddress, method, target, version } = this.#head;
    const ended = complete ? '' : ' incomplete';
    access(
      `${remoteAddress} "${method} ${target} HTTP/${version}" ${status} ${bytes} ` +
        `${ms.toFixed(1)}ms ${service}${ended}`,
    );
  }

  #next(asked: Wanted): Step {
    const { settings } = this.#traffic.deps;
    const rule = lookup(this.#traffic.table, asked.host, asked.path);
    if (rule === undefined) {
      return answer({ ...plainReply(404), status: settings.noRouteStatus });
    }
    const target = this.#pick(rule) ?? (this.#tried === undefined ? undefined : this.#again(rule));
    if (target === undefined) return answer(plainReply(503));
    const refused = this.#refusal(target, asked);
    if (refused !== undefined) return answer(refused);
    this.#target = target;
    this.#traffic.began(target);
    const trusted = liesIn(this.#head.remoteAddress, settings.trustedProxies);
    const { destination, options } = target;
    return {
      do: 'ask',
      attempt: {
        host: destination.host,
        port: destination.port,
        address: target.address,
        secure: options.proto === 'https',
        skipVerify: options.tlsSkipVerify,
        path: pathTowards(target, asked),
        headers: requestHeaders(this.#head, { target, asked, trusted }),
      },
    };
  }

  /** All were tried: a connection may have ended just then, where the next one will do. */
  #again(rule: Rule): Target | undefined {
    this.#tried = new Set(this.#refused);
    return this.#pick(rule);
  }

  #pick(rule: Rule): Target | undefined {
    this.#setCookie = undefined;
    const cookie = rule.targets[0]?.options.sticky ?? '';
    const tried = this.#tried ?? NONE;
    if (cookie === '') return this.#traffic.pick(rule, tried);
    const held = stuckTo(rule, cookie, this.#head.headers);
    if (held !== undefined && !tried.has(held.id) && !this.#traffic.isOut(held)) return held;
    const target = this.#traffic.pick(rule, tried);
    if (target !== undefined) this.#setCookie = stickyCookie(target, cookie, this.#head.secure);
    return target;
  }

  /** What is answered instead of the target. */
  #refusal(target: Target, asked: Wanted): OwnReply | undefined {
    const { allow, deny, auth } = target.options;
    const { remoteAddress } = this.#head;
    if (allow.length > 0 && !liesIn(remoteAddress, allow)) return plainReply(403);
    if (deny.length > 0 && liesIn(remoteAddress, deny)) return plainReply(403);
    if (auth !== '') {
      const schemes = this.#traffic.deps.settings.auth;
      // What a tag names may be the name of anything.
      const scheme = Object.hasOwn(schemes, auth) ? schemes[auth] : undefined;
      const refused = authorised(this.#head.headers, scheme);
      if (refused !== undefined) return refused;
    }
    return redirectReply(target, asked);
  }

  #release(answered: boolean | undefined): void {
    if (this.#target !== undefined) this.#traffic.done(this.#target, answered);
    this.#target = undefined;
  }
}

class TcpTunnel implements Tunnel {
  readonly #traffic: BalancerTraffic;
  readonly #find: () => Rule | undefined;
  readonly #remoteAddress: string;
  readonly #tried = new Set<string>();
  #target: Target | undefined;

  constructor(traffic: BalancerTraffic, find: () => Rule | undefined, remoteAddress: string) {
    this.#traffic = traffic;
    this.#find = find;
    this.#remoteAddress = remoteAddress;
  }

  next(): TunnelTarget | undefined {
    const rule = this.#find();
    const target = rule && this.#traffic.pick(rule, this.#tried);
    if (target === undefined || !this.#isLetIn(target)) return undefined;
    this.#tried.add(target.id);
    this.#target = target;
    this.#traffic.began(target);
    const { host, port } = target.destination;
    return { host, port, proxyProtocol: target.options.proxyProtocol };
  }

  failed(): void {
    this.#traffic.deps.tally.attemptFailed('connect');
    this.#release(false);
  }

  ended(): void {
    this.#traffic.deps.tally.tunnel(this.#target?.service ?? '');
    this.#release(true);
  }

  #isLetIn({ options: { allow, deny } }: Target): boolean {
    if (allow.length > 0 && !liesIn(this.#remoteAddress, allow)) return false;
    return deny.length === 0 || !liesIn(this.#remoteAddress, deny);
  }

  #release(answered: boolean): void {
    if (this.#target !== undefined) this.#traffic.done(this.#target, answered);
    this.#target = undefined;
  }
}

function answer(reply: OwnReply): Step {
  return { do: 'answer', reply };
}
