/** The door that other agents reach this one by: who it says it is, and what it answers. */
import { randomUUID } from 'node:crypto';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { formatAgentAddress } from '../core/link/address.ts';
import { LINK_PROTOCOL, LINK_PROTOCOL_MIN, type AgentFacts } from '../core/link/hello.ts';
import { systemClock } from '../io/clock.ts';
import { linkKey } from '../io/link/key.ts';
import { systemLinkSockets } from '../io/link/sockets.ts';
import type { GreetDeps } from '../link/greet.ts';
import { LinkServer, type LinkServerDeps } from '../link/link-server.ts';
import { NodeSessions } from '../link/node-sessions.ts';
import type { Answers } from '../link/session.ts';
import { VERSION } from '../version.ts';
import type { ClusterParts } from './cluster-parts.ts';

/** What an agent says of itself when it is greeted. */
export function linkFactsOf(config: AgentConfig, nodeName: string): AgentFacts {
  const isServer = config.server !== undefined;
  return {
    protocol: LINK_PROTOCOL,
    protocolMin: LINK_PROTOCOL_MIN,
    version: VERSION,
    role: isServer ? 'server' : 'client',
    region: config.region,
    datacenter: config.datacenter,
    name: nodeName,
    instance: randomUUID(),
    address: isServer
      ? formatAgentAddress({ host: config.addresses.rpc, port: config.ports.rpc })
      : '',
  };
}

/** A server that other agents reach over the link, before it has a state to answer from. */
export interface Door {
  readonly server: LinkServer;
  readonly facts: AgentFacts;
  readonly nodes: NodeSessions;
  readonly deps: GreetDeps & Pick<LinkServerDeps, 'sockets'>;
  /** What is answered before there is a state. */
  begin(answers: Answers): void;
  /** What else is answered from now on. */
  open(answers: Answers): void;
  /** What servers of other regions are answered; that, and nothing else (RG2 of `Regions`). */
  openAbroad(answers: Answers): void;
}

export function buildDoor(
  config: AgentConfig,
  { nodeName, note }: Pick<ClusterParts, 'nodeName' | 'note'>,
): Door {
  let answers: Answers = {};
  let abroad: Answers = {};
  let isOpen = false;
  const facts = linkFactsOf(config, nodeName);
  const deps = {
    facts,
    key: linkKey(config.encrypt),
    clock: systemClock,
    sockets: systemLinkSockets,
    answersFor: ({ region }: AgentFacts) => (region === config.region ? answers : abroad),
    notYet: () => (isOpen ? undefined : 'this server is starting'),
    note,
  };
  const at = { host: config.addresses.rpc, port: config.ports.rpc };
  return {
    server: new LinkServer(at, deps),
    facts,
    deps,
    nodes: new NodeSessions(),
    begin: (first) => (answers = first),
    open: (more) => {
      answers = { ...answers, ...more };
      isOpen = true;
    },
    openAbroad: (all) => (abroad = all),
  };
}
