/** Finds the other servers and opens the log that they share: the mesh, and etcd. */
import { join } from 'node:path';
import { Failure, explain } from '../base/failure.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import { formatAgentAddress, parseAgentAddress } from '../core/link/address.ts';
import { systemClock } from '../io/clock.ts';
import { countServers } from '../link/counted-servers.ts';
import { Mesh } from '../link/mesh.ts';
import { forgetLeft, withLeft } from '../link/with-left.ts';
import { RemoteEvaluations } from '../link/remote-evaluations.ts';
import { RemoteState } from '../link/remote-state.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import type { ClusterParts, Peering, PeeringWorld } from './cluster-parts.ts';
import { buildDoor } from './door.ts';
import { externalEtcd, manageEtcd, serverIdOf, useEtcd, type ClusterStore } from './etcd.ts';
import { federationOf } from './federation.ts';
import { evalCodecs, joinServers, stateRows, type StateLog } from './join-servers.ts';

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
  let log: StateLog | undefined;
  let server: ClusterParts['server'] | undefined;
  const staleMs = (): number => (log === undefined ? 0 : systemClock.elapsedMs() - log.contactMs);
  const mesh = new Mesh(
    { addresses: linksOf(config), port: config.ports.rpc, own },
    {
      ...door.deps,
      random: world.random,
      kept: () => log?.kept,
      progress: () => server && { applied: server.replica.state.index, staleMs: staleMs() },
    },
  );
  door.begin(mesh.answers);
  const isOthers = settings.etcd.endpoints.length > 0;
  const forgetting = isOthers ? [forgetLeft(withLeft(mesh, world.hasLeft), systemClock)] : [];
  const early = begun([door.server, mesh, ...forgetting, ...world.early]);
  const store = await openStore(config, settings, {
    self: { ...own, address: door.facts.address },
    mesh,
    world,
  });
  return {
    servers: () => mesh.addresses(),
    isLed: () =>
      log?.holder !== undefined && systemClock.elapsedMs() - log.contactMs < UNHEARD_MS_MAX,
    staleMs,
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
      server = parts.server;
      log = server.clusterLog;
      if (log === undefined) throw new Failure('internal', 'the log is one that servers share');
      const services = [early.service, untilStopped(log)];
      const federation = federationOf(config, door, parts);
      const clock = systemClock;
      const held = { members: store.supervisor, linkPort: config.ports.rpc };
      const cluster = joinServers({ door, mesh, log, services, federation, clock, held }, parts);
      return { ...cluster, leaveLog: () => leaveLog(log, store, parts) };
    },
    close: async () => {
      await store.close();
      await early.end();
    },
  };
}

/** Whoever leads shows itself several times a second: who hears nothing is cut off [ms]. */
const UNHEARD_MS_MAX = 5_000;

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
  if (etcd.endpoints.length > 0) {
    const { hasLeft } = world;
    const heard = { met: () => mesh.met(), told: () => mesh.kept() };
    const count = countServers({ ...heard, expect: bootstrapExpect, hasLeft });
    return useEtcd(externalEtcd(etcd), edges, count);
  }
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
    { ...edges, peers: withLeft(mesh, world.hasLeft), told: () => mesh.kept() },
  );
}

/** Where the others cannot do without its member, it is left as it is: they may take it out. */
async function leaveLog(
  log: StateLog | undefined,
  { supervisor }: ClusterStore,
  { server, note }: Pick<ClusterParts, 'server' | 'note'>,
): Promise<void> {
  try {
    if (supervisor === undefined) return;
    if (server.server.operations.stats().leading) await log?.giveLead();
    await supervisor.leave();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    note(`leaves a member of etcd behind: ${explain(error)}`);
  }
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
export function untilStopped(log: StateLog): Service {
  return {
    name: 'log',
    run: async (signal) => {
      const why = await Promise.race([untilAborted(signal), log.stopped]);
      if (why !== undefined) throw why;
    },
  };
}
