/**
 * One of several servers, from its beginning to its end, wired as `compose/several-servers.ts` wires it
 * but for the world around it.
 */
import type { Index } from '../../src/base/brand.ts';
import { Failure } from '../../src/base/failure.ts';
import type { Random } from '../../src/base/random.ts';
import type { Apps, Cluster } from '../../src/compose/cluster-parts.ts';
import type { Door } from '../../src/compose/door.ts';
import {
  evalCodecs,
  joinServers,
  stateRows,
  type StateLog,
} from '../../src/compose/join-servers.ts';
import { untilStopped } from '../../src/compose/several-servers.ts';
import { LINK_PROTOCOL, LINK_PROTOCOL_MIN, type AgentFacts } from '../../src/core/link/hello.ts';
import { createIdSource } from '../../src/core/scheduler/draw-id.ts';
import type { Entry } from '../../src/core/state/entry.ts';
import type { Outcome } from '../../src/core/state/outcome.ts';
import type { State } from '../../src/core/state/state.ts';
import { openEtcdLog } from '../../src/io/etcd-log/etcd-log.ts';
import { memberBeside } from '../../src/io/etcd-member/member-beside.ts';
import { countVoters } from '../../src/io/etcd-member/voters.ts';
import { isPassing } from '../../src/io/etcd/repeat.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { countServers } from '../../src/link/counted-servers.ts';
import { LinkServer } from '../../src/link/link-server.ts';
import { Mesh } from '../../src/link/mesh.ts';
import { NodeSessions } from '../../src/link/node-sessions.ts';
import { RemoteEvaluations } from '../../src/link/remote-evaluations.ts';
import { RemoteState } from '../../src/link/remote-state.ts';
import type { Answers } from '../../src/link/session.ts';
import type { AlarmClock } from '../../src/ports/clock.ts';
import type { LinkKey } from '../../src/ports/link.ts';
import type { Service } from '../../src/ports/service.ts';
import { ServerCatalogLink } from '../../src/server/catalog-link.ts';
import type { Checkpointer } from '../../src/server/checkpointer.ts';
import { consulApp } from '../../src/server/http/consul-api.ts';
import type { Operations } from '../../src/server/operations.ts';
import type { ChangeBatch, Replica } from '../../src/server/replica.ts';
import { Server } from '../../src/server/server.ts';
import type { SimClock } from '../../src/sim/clock.ts';
import type { SimLinkNet } from '../../src/sim/link-sockets.ts';
import type { SimProcess } from '../../src/sim/process.ts';
import type { SimReach } from '../../src/sim/reach.ts';
import { VERSION } from '../../src/version.ts';
import { ETCD_QUOTA_BYTES, SimEtcdClient } from './etcd-client.ts';
import type { SimEtcd } from './etcd.ts';
import type { History } from './history.ts';

export const LINK_PORT = 4_647;

/** Of the log's keys in etcd. */
export const LOG_PREFIX = 'muster/';

/** What is around a server. */
export interface PeerWorld {
  readonly random: Random;
  readonly links: SimLinkNet;
  readonly reach: SimReach;
  readonly etcd: SimEtcd;
  /** True: each server has a member of its own beside it; else they are somebody else's. */
  readonly isManaged: boolean;
  /** The machines of all servers. */
  readonly hosts: readonly string[];
  readonly history: History;
  /** Called after each entry that was applied, by whichever server. */
  readonly applied: (entry: Entry, batch: ChangeBatch, state: State) => void;
  readonly note: (line: string) => void;
  readonly broken: (error: unknown) => void;
}

/** What people and callers reach; never answered after its death. */
export interface Life {
  readonly server: Server;
  readonly replica: Replica;
  readonly operations: Operations;
  readonly apps: Apps;
}

const KEY: LinkKey = {
  prove: (text) => `proof of ${text.length} ${text.slice(0, 9)}`,
  verify: (text, proof) => proof === KEY.prove(text),
  nonce: () => 'a nonce of this connection',
};

interface PeerDeps extends PeerWorld {
  /** As the process sees it. */
  readonly clock: AlarmClock;
  /** The world's own. */
  readonly world: SimClock;
}

export interface Opened {
  readonly life: Life;
  readonly log: StateLog;
  readonly services: readonly Service[];
}

/** One beginning of a server: its place among the others, its log, its services. */
export class Peer {
  readonly deps: PeerDeps;
  readonly #name: string;
  readonly #process: SimProcess;
  readonly #random: Random;
  readonly #door: Door;
  readonly #mesh: Mesh;
  #log: StateLog | undefined;

  constructor(name: string, process: SimProcess, deps: PeerDeps) {
    this.#name = name;
    this.#process = process;
    this.deps = deps;
    this.#random = deps.random.fork(`${process.name}/${deps.world.now()}`);
    this.#door = this.#makeDoor();
    const host = name;
    this.#mesh = new Mesh(
      {
        addresses: deps.hosts.map(addressOf),
        port: LINK_PORT,
        own: { id: name, name, host, clientPort: 0, peerPort: 0, expect: deps.hosts.length },
      },
      {
        ...{ ...this.#door.deps, random: this.#random.fork('mesh') },
        kept: () => this.#log?.kept,
      },
    );
    this.#door.begin(this.#mesh.answers);
  }

  sources(): readonly RemoteState[] {
    return this.#mesh
      .sessions()
      .map((session) => new RemoteState(session.peer.name, session, stateRows));
  }

  /** What runs before there is a state. */
  begin(): { readonly end: () => Promise<void> } {
    const stop = new AbortController();
    const running = [this.#door.server, this.#mesh].map((each) =>
      each.run(stop.signal).catch((error: unknown) => this.deps.broken(error)),
    );
    return {
      end: async () => {
        stop.abort();
        await Promise.all(running);
      },
    };
  }

  /** As `storeOf` of `compose/etcd.ts`: tries until there is a majority. */
  async openLog(replica: Replica, signal: AbortSignal): Promise<StateLog> {
    const { deps } = this;
    const { clock, note, etcd, isManaged, reach } = deps;
    const own = `${this.#name}:2379`;
    const endpoints = isManaged ? [own] : etcd.members.map(({ endpoint }) => endpoint);
    const client = new SimEtcdClient(endpoints, {
      ...{ etcd, clock: deps.world, reach, random: this.#random },
      ...{ process: this.#process, host: this.#name },
    });
    const options = { endpoint: own, votersMin: deps.hosts.length };
    const member = isManaged ? memberBeside(options, client) : undefined;
    const mesh = this.#mesh;
    const told = (): ReadonlyMap<string, Index> => mesh.kept();
    const met = { met: () => mesh.met(), expect: 1, hasLeft: () => false };
    const count = isManaged ? countVoters(client, told) : countServers({ ...met, told });
    const self = { id: this.#name, name: this.#name, address: addressOf(this.#name) };
    for (;;) {
      if (signal.aborted) throw new Failure('canceled', 'gave up waiting for etcd');
      try {
        const { index } = replica.state;
        const log = await openEtcdLog<Entry, Outcome>(
          {
            ...{ prefix: LOG_PREFIX, self, applied: index, compactsRevisions: isManaged },
            ...(isManaged && { quotaBytes: ETCD_QUOTA_BYTES }),
          },
          {
            ...{ client, clock, note, count, codec: entryCodec<Entry>() },
            apply: (at, entry) => this.#apply(replica, at, entry),
            ...(member === undefined ? {} : { member }),
          },
        );
        this.#log = log;
        return log;
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      await clock.sleep(RETRY_MS, signal);
    }
  }

  /** A server with a state, among others. */
  join(log: StateLog, replica: Replica, checkpointer: Checkpointer): Opened {
    const { clock, note } = this.deps;
    const random = this.#random.fork('server');
    const mesh = this.#mesh;
    const leader = (): ReturnType<Mesh['sessionWith']> =>
      mesh.sessionWith(this.#log?.holder?.address ?? '');
    const evaluations = new RemoteEvaluations({ leader, codecs: evalCodecs, clock });
    const server = new Server(
      {},
      {
        ...{ log, replica, clock, random, note, evaluations },
        newId: createIdSource(`${this.#process.name}/${random.next()}`),
        servers: () => mesh.addresses(),
        isLed: () => this.#log?.holder !== undefined,
        companions: [checkpointer],
      },
    );
    const services = [untilStopped(log)];
    const joining = { door: this.#door, mesh, log, services, federation: undefined, clock };
    const close = (): Promise<void> => Promise.resolve();
    const cluster = joinServers(joining, {
      ...{ server: { server, replica, log, clusterLog: log, close }, nodeName: this.#name },
      ...{ catalog: new ServerCatalogLink(server.operations), wan: undefined },
      ...{ client: () => undefined, dns: () => undefined, random, note },
    });
    const own = this.#appsOf(server, cluster, random);
    cluster.serve(own);
    const operations = this.#process.fence(server.operations);
    const life = { server, replica, operations, apps: cluster.placed(own) };
    return { life, log, services: [...cluster.services, server] };
  }

  #apply(replica: Replica, index: Index, entry: Entry): Outcome {
    const { history, applied } = this.deps;
    const isNew = index > history.length;
    const leave = replica.subscribe((batch, state) => isNew && applied(entry, batch, state));
    const outcome = replica.apply(index, entry);
    leave();
    history.note(index, entry, replica.state);
    return outcome;
  }

  #appsOf({ operations }: Server, cluster: Cluster, random: Random): Apps {
    const { clock, broken } = this.deps;
    const discovery = consulApp(
      {
        ...{ ops: operations, clock, random: random.fork('discovery') },
        newId: createIdSource(`${this.#process.name}/http/${random.next()}`),
        agent: {
          ...{ nodeName: this.#name, serverName: `${this.#name}.global`, datacenter: 'dc1' },
          ...{ version: VERSION, members: () => [] },
          ...{ region: 'global', leader: () => cluster.leader(), peers: () => cluster.servers() },
        },
        limits: { kvValueMaxBytes: 1_000, txnMaxBytes: 1_000, sessionTtlMsMin: 100 },
      },
      broken,
    );
    return { http: { ...discovery, mounts: [] }, discovery };
  }

  #makeDoor(): Door {
    const { clock, links, note } = this.deps;
    let answers: Answers = {};
    let isOpen = false;
    const facts: AgentFacts = {
      ...{ protocol: LINK_PROTOCOL, protocolMin: LINK_PROTOCOL_MIN, version: VERSION },
      ...{ role: 'server', region: 'global', datacenter: 'dc1', name: this.#name },
      ...{
        instance: `${this.#process.name}/${this.#random.next()}`,
        address: addressOf(this.#name),
      },
    };
    const deps = {
      ...{ facts, key: KEY, clock, note },
      sockets: socketsOf(this.#name, this.#process, links),
      answersFor: () => answers,
      notYet: () => (isOpen ? undefined : 'this server is starting'),
    };
    return {
      server: new LinkServer({ host: this.#name, port: LINK_PORT }, deps),
      ...{ facts, deps, nodes: new NodeSessions() },
      begin: (first) => (answers = first),
      open: (more) => {
        answers = { ...answers, ...more };
        isOpen = true;
      },
      openAbroad: () => undefined,
    };
  }
}

const RETRY_MS = 250;

/** What one process connects with: nothing is answered to a dead one. */
export function socketsOf(
  host: string,
  process: SimProcess,
  links: SimLinkNet,
): ReturnType<SimLinkNet['socketsOf']> {
  const sockets = links.socketsOf(host, process);
  return {
    dial: (at, signal) => process.guard(() => sockets.dial(at, signal)),
    listen: (at, accept) => sockets.listen(at, accept),
  };
}

export function addressOf(host: string): string {
  return `${host}:${LINK_PORT}`;
}

export const SIM_LINK_KEY: LinkKey = KEY;
