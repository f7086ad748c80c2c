/** Wires a server that has found the others: what it answers, and its way to whoever leads. */
import type { Index } from '../base/brand.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import { dnsAnswers } from '../link/dns-relay.ts';
import { EvalAnswers, type EvalCodecs } from '../link/eval-answers.ts';
import { httpAnswers, type HttpAnswersDeps } from '../link/http-answers.ts';
import { admitAsLeader, LeaderCaller, type LeaderDeps } from '../link/leader.ts';
import { leaderApp, LeaderHttp, type ProofDeps } from '../link/leader-http.ts';
import { LedCatalog, LedServers } from '../link/led-links.ts';
import { logPeers, type LogPeersDeps } from '../link/log-peers.ts';
import type { Mesh } from '../link/mesh.ts';
import { NodeCaller, relayAnswers } from '../link/relay.ts';
import { RemoteClient } from '../link/remote-client.ts';
import { RemoteCatalog, RemoteServers } from '../link/remote-servers.ts';
import { serverAnswers } from '../link/server-answers.ts';
import type { Answers, Asked } from '../link/session.ts';
import { stateAnswers } from '../link/state-answers.ts';
import type { CheckpointRow } from '../ports/checkpoint.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterLog } from '../ports/cluster-log.ts';
import type { EntryCodec } from '../ports/log.ts';
import type { Service } from '../ports/service.ts';
import { placedApp } from '../server/http/placed-app.ts';
import { VERSION } from '../version.ts';
import type { Apps, Cluster, ClusterParts, Federation } from './cluster-parts.ts';
import type { Door } from './door.ts';
import { knowsIn } from './link.ts';

/** Rows of a state between servers. */
export const stateRows: EntryCodec<CheckpointRow> = entryCodec<CheckpointRow>();

/** Evaluations between servers, and what was decided of them. */
export const evalCodecs: EvalCodecs = { taken: entryCodec(), decision: entryCodec() };

export type StateLog = ClusterLog<Entry, Outcome>;

/** A server that has a state, and its place among the others. */
export interface JoinParts {
  readonly door: Door;
  readonly mesh: Mesh;
  readonly log: StateLog;
  /** Who holds the log besides; absent: that cannot be told or changed. */
  readonly held?: Pick<LogPeersDeps, 'members' | 'linkPort'>;
  readonly services: readonly Service[];
  readonly federation: Federation | undefined;
  readonly clock: Clock;
}

/** What the server answers to the others and to clients, and how it reaches whoever leads. */
export function joinServers(joining: JoinParts, parts: ClusterParts): Cluster {
  const { door, mesh, log, services, federation, clock, held } = joining;
  const { server, client, catalog, dns } = parts;
  const { nodes } = door;
  const { operations, evaluations } = server.server;
  const address = (): string => log.holder?.address ?? '';
  const leading: LeaderDeps = {
    isLeading: () => operations.stats().leading,
    address,
    addresses: (signal) => addressesOf(log, signal),
    sessionWith: (at) => mesh.sessionWith(at),
    clock,
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
  const codecs = evalCodecs;
  const evals = new EvalAnswers({ evaluations, codecs, version: VERSION, clock });
  const admit: HttpAnswersDeps['admit'] = (asked) => admitAsLeader(leading.isLeading, asked);
  const staleMs = (): number => clock.elapsedMs() - log.contactMs;
  const placedBy = ({ http, discovery }: Apps): Apps => ({
    http: placedApp(http, new LeaderHttp(proving, 'http'), staleMs),
    discovery: placedApp(discovery, new LeaderHttp(proving, 'discovery'), staleMs),
  });
  const regioned = (apps: Apps): Apps => federation?.regioned(placedBy(apps)) ?? placedBy(apps);
  return {
    services: [...services, caller, ...(federation === undefined ? [] : [federation.regions])],
    links,
    leader: address,
    ...(held && { logPeers: logPeers({ ...held, met: () => mesh.met(), log }) }),
    servers: () => mesh.addresses(),
    ...{ clientOf, federation, farewell: [door.server.farewell] },
    placed: regioned,
    serve: (apps) => {
      const own = { servers: server.server.link, previous, catalog };
      // Other servers ask for this one alone; clients, for whoever leads.
      door.open({
        ...bySender(
          admitted(serverAnswers({ ...own, nodes, knows }), admit),
          serverAnswers({ ...links, nodes, knows }),
        ),
        ...handedOver(ledBy(apps, proving), regioned(apps), admit),
        ...dnsAnswers(dns()),
        ...relayAnswers(nodes),
        ...stateAnswers({ state: () => server.replica.state, codec: stateRows }),
        ...evals.answers,
      });
      door.openAbroad({
        ...httpAnswers({ apps: placedBy(apps), admit: () => undefined }, 'another region'),
        ...dnsAnswers(dns(), 'another region'),
        ...federation?.regions.answers,
      });
    },
  };
}

async function* addressesOf(log: StateLog, signal: AbortSignal): AsyncGenerator<string> {
  for await (const holder of log.holders(signal)) yield holder?.address ?? '';
}

/** Requests that other servers and clients were asked. */
function handedOver(servers: Apps, clients: Apps, admit: HttpAnswersDeps['admit']): Answers {
  return bySender(httpAnswers({ apps: servers, admit }), httpAnswers({ apps: clients, admit }));
}

/** The APIs as other servers want them: by who is certain to lead. */
function ledBy({ http, discovery }: Apps, proof: ProofDeps): Apps {
  return { http: leaderApp(http, proof), discovery: leaderApp(discovery, proof) };
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
