/** Wires a server that shares its log with others: the mesh, etcd, and the way to the leader. */
import { join } from 'node:path';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import { formatAgentAddress, parseAgentAddress } from '../core/link/address.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { systemClock } from '../io/clock.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import { dnsAnswers } from '../link/dns-relay.ts';
import { EvalAnswers, type EvalCodecs } from '../link/eval-answers.ts';
import { httpAnswers, type HttpAnswersDeps } from '../link/http-answers.ts';
import { admitAsLeader, LeaderCaller, type LeaderDeps } from '../link/leader.ts';
import { LeaderHttp } from '../link/leader-http.ts';
import { LedCatalog, LedServers } from '../link/led-links.ts';
import { Mesh } from '../link/mesh.ts';
import { NodeCaller, relayAnswers } from '../link/relay.ts';
import { RemoteClient } from '../link/remote-client.ts';
import { RemoteCatalog, RemoteServers } from '../link/remote-servers.ts';
import { RemoteEvaluations } from '../link/remote-evaluations.ts';
import { RemoteState } from '../link/remote-state.ts';
import { serverAnswers } from '../link/server-answers.ts';
import type { Answers, Asked } from '../link/session.ts';
import { stateAnswers } from '../link/state-answers.ts';
import type { CheckpointRow } from '../ports/checkpoint.ts';
import type { ClusterLog } from '../ports/cluster-log.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import { placedApp } from '../server/http/placed-app.ts';
import { VERSION } from '../version.ts';
import type {
  Apps,
  Cluster,
  ClusterParts,
  Federation,
  Peering,
  PeeringWorld,
} from './cluster-parts.ts';
import { buildDoor, type Door } from './door.ts';
import { externalEtcd, manageEtcd, serverIdOf, useEtcd, type ClusterStore } from './etcd.ts';
import { federationOf } from './federation.ts';
import { knowsIn } from './link.ts';

/** Rows of a state between servers. */
const stateRows = entryCodec<CheckpointRow>();

/** Evaluations between servers, and what was decided of them. */
const evalCodecs: EvalCodecs = { taken: entryCodec(), decision: entryCodec() };

type StateLog = ClusterLog<Entry, Outcome>;

/** Finds the others and keeps telling them of this server, from now until it is closed. */
export async function openServerPeering(
  config: AgentConfig,
  settings: ServerSettings,
  world: PeeringWorld,
): Promise<Peering> {
  const door = buildDoor(config, world);
  const id = serverIdOf(config.dataDir);
  const own = {
    ...{ id, name: world.nodeName, host: config.bindAddr, expect: settings.bootstrapExpect },
    ...{ clientPort: config.ports.etcd, peerPort: config.ports.etcdPeer },
  };
  const mesh = new Mesh(
    { addresses: linksOf(config), port: config.ports.rpc, own },
    { ...door.deps, random: world.random },
  );
  door.begin(mesh.answers);
  const early = begun([door.server, mesh, ...world.early]);
  const store = await openStore(config, settings, {
    self: { ...own, address: door.facts.address },
    mesh,
    world,
  });
  let log: StateLog | undefined;
  return {
    servers: () => mesh.addresses(),
    isLed: () => log?.holder !== undefined,
    evaluations: new RemoteEvaluations({
      leader: () => mesh.sessionWith(log?.holder?.address ?? ''),
      ...{ codecs: evalCodecs, clock: systemClock },
    }),
    shared: {
      store: unlessFailed(store, early),
      signal: early.signal,
      sources: () =>
        mesh.sessions().map((each) => new RemoteState(each.peer.name, each, stateRows)),
    },
    join: (parts) => {
      log = parts.server.clusterLog;
      if (log === undefined) throw new Failure('internal', 'the log is one that servers share');
      const services = [early.service, untilStopped(log)];
      const federation = federationOf(config, door, parts);
      return severalServers({ door, mesh, log, services, federation }, parts);
    },
    close: async () => {
      await store.close();
      await early.end();
    },
  };
}

/** Addresses of the links of those that are joined: their gossip's host, the link's port. */
function linksOf({ gossip, ports }: AgentConfig): readonly string[] {
  return gossip.join.flatMap((each) => {
    const at = parseAgentAddress(each, ports.rpc);
    return at === undefined ? [] : [formatAgentAddress({ host: at.host, port: ports.rpc })];
  });
}

interface StoreParts {
  readonly self: { readonly id: string; readonly name: string; readonly address: string };
  readonly mesh: Mesh;
  readonly world: PeeringWorld;
}

async function openStore(
  config: AgentConfig,
  { etcd, bootstrapExpect }: ServerSettings,
  { self: { id, name, address }, mesh, world }: StoreParts,
): Promise<ClusterStore> {
  const edges = { self: { id, name, address }, clock: systemClock, note: world.note };
  if (etcd.endpoints.length > 0) return useEtcd(externalEtcd(etcd), edges);
  return await manageEtcd(
    {
      dir: join(config.dataDir, 'etcd'),
      host: config.bindAddr,
      clientPort: config.ports.etcd,
      peerPort: config.ports.etcdPeer,
      expect: bootstrapExpect,
      encrypt: config.encrypt,
      ...(etcd.quotaBytes === undefined ? {} : { quotaBytes: etcd.quotaBytes }),
    },
    { ...edges, peers: mesh },
  );
}

/** What ends the link also ends the wait for the log, with its own reason. */
function unlessFailed(store: ClusterStore, { failed }: Early): ClusterStore {
  return {
    ...store,
    openLog: (use, signal) => Promise.race([store.openLog(use, signal), failed]),
  };
}

interface Early {
  readonly signal: AbortSignal;
  /** Rejects when one of them ends by itself. */
  readonly failed: Promise<never>;
  /** They began long ago; this ends with the agent. */
  readonly service: Service;
  end(): Promise<void>;
}

/** Services that run before all others, because those cannot begin without them. */
function begun(services: readonly Service[]): Early {
  const stop = new AbortController();
  const running = Promise.all(services.map((each) => each.run(stop.signal)));
  const failed = new Promise<never>((_, reject) => {
    running.catch((error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      stop.abort();
    });
  });
  failed.catch(() => undefined);
  return {
    signal: stop.signal,
    failed,
    service: {
      name: 'link',
      run: (signal) => Promise.race([untilAborted(signal), failed]),
    },
    end: async () => {
      stop.abort();
      await running.catch(() => undefined);
    },
  };
}

/** A log that cannot go on ends all services: the next start begins from what is kept. */
function untilStopped(log: StateLog): Service {
  return {
    name: 'log',
    run: async (signal) => {
      const why = await Promise.race([untilAborted(signal), log.stopped]);
      if (why !== undefined) throw why;
    },
  };
}

interface SeveralParts {
  readonly door: Door;
  readonly mesh: Mesh;
  readonly log: StateLog;
  readonly services: readonly Service[];
  readonly federation: Federation | undefined;
}

function severalServers(several: SeveralParts, parts: ClusterParts): Cluster {
  const { door, mesh, log, services, federation } = several;
  const { server, client, catalog, dns } = parts;
  const { nodes } = door;
  const { operations } = server.server;
  const address = (): string => log.holder?.address ?? '';
  const leading: LeaderDeps = {
    isLeading: () => operations.stats().leading,
    address,
    addresses: (signal) => addressesOf(log, signal),
    sessionWith: (at) => mesh.sessionWith(at),
    clock: systemClock,
  };
  const caller = new LeaderCaller(leading);
  const proving = { ...leading, caller, provenMs: () => log.provenMs, prove: () => log.prove() };
  const unwatched = { heard: () => undefined, unheard: () => undefined };
  const knows = knowsIn(server);
  const index = (): Index => server.replica.state.index;
  const reach = { nodes, servers: () => mesh.sessions() };
  const clientOf: Cluster['clientOf'] = (id) =>
    id === client()?.client.nodeId
      ? client()?.client.link
      : new RemoteClient(new NodeCaller(id, reach));
  const previous = server.server.previousAllocs(clientOf);
  const links = {
    previous,
    servers: new LedServers(
      { here: server.server.link, there: new RemoteServers(caller, unwatched) },
      { ...leading, knows, index, servers: () => mesh.addresses() },
    ),
    catalog: new LedCatalog({ here: catalog, there: new RemoteCatalog(caller) }, leading),
  };
  const { evaluations } = server.server;
  const codecs = evalCodecs;
  const evals = new EvalAnswers({ evaluations, codecs, version: VERSION, clock: systemClock });
  const admit: HttpAnswersDeps['admit'] = (asked) => admitAsLeader(leading.isLeading, asked);
  const placedBy = ({ http, discovery }: Apps): Apps => ({
    http: placedApp(http, new LeaderHttp(proving, 'http')),
    discovery: placedApp(discovery, new LeaderHttp(proving, 'discovery')),
  });
  const regioned = (apps: Apps): Apps => federation?.regioned(placedBy(apps)) ?? placedBy(apps);
  return {
    services: [...services, caller, ...(federation === undefined ? [] : [federation.regions])],
    links,
    leader: address,
    servers: () => mesh.addresses(),
    clientOf,
    federation,
    placed: regioned,
    serve: (apps) => {
      const own = { servers: server.server.link, previous, catalog };
      // Other servers ask for this one alone; clients, for whoever leads.
      door.open({
        ...bySender(
          admitted(serverAnswers({ ...own, nodes, knows }), admit),
          serverAnswers({ ...links, nodes, knows }),
        ),
        ...bySender(httpAnswers({ apps, admit }), httpAnswers({ apps: regioned(apps), admit })),
        ...dnsAnswers(dns()),
        ...relayAnswers(nodes),
        ...stateAnswers({ state: () => server.replica.state, codec: stateRows }),
        ...evals.answers,
      });
      door.openAbroad({
        ...httpAnswers({ apps: placedBy(apps), admit: () => undefined }),
        ...dnsAnswers(dns(), 'here'),
        ...federation?.regions.answers,
      });
    },
  };
}

async function* addressesOf(log: StateLog, signal: AbortSignal): AsyncGenerator<string> {
  for await (const holder of log.holders(signal)) yield holder?.address ?? '';
}

/** Answers of which other servers get one kind, and clients the other. */
function bySender(forServers: Answers, forClients: Answers): Answers {
  const names = Object.keys(forServers);
  return Object.fromEntries(
    names.map((name) => {
      const answer = (asked: Asked): Promise<unknown> => {
        const answers = asked.session.peer.role === 'server' ? forServers : forClients;
        return answers[name]?.(asked) ?? Promise.resolve();
      };
      return [name, answer];
    }),
  );
}

/** Answers that only a leader gives. */
function admitted(answers: Answers, admit: (asked: Asked) => void): Answers {
  return Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      (asked: Asked) => {
        admit(asked);
        return answer(asked);
      },
    ]),
  );
}
