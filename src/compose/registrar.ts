/** Builds the registrar role, and what the API tells of the agent itself. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isIssues, renderIssues } from '../api/codec/issue.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import {
  DEFAULT_WEIGHTS,
  type CatalogNodeFacts,
  type ServiceFacts,
} from '../core/model/catalog.ts';
import { MachineProbes } from '../io/checks/probes.ts';
import { JournalStateFiles } from '../io/client-state/journal-state-files.ts';
import { systemClock } from '../io/clock.ts';
import type { CatalogLink } from '../ports/catalog-link.ts';
import type { Registrations } from '../ports/registrar.ts';
import type { Service } from '../ports/service.ts';
import { readDefinitions } from '../registrar/definitions.ts';
import { AgentRegistrar } from '../registrar/registrar.ts';
import { VERSION } from '../version.ts';
import { dockerSocket } from './docker-socket.ts';

export interface RegistrarParts {
  readonly registrar: AgentRegistrar & Service;
  /** The machine in the catalog. */
  readonly node: CatalogNodeFacts;
  close(): Promise<void>;
}

export interface RegistrarWorld {
  /** Whoever has the catalog. */
  readonly catalog: CatalogLink;
  readonly nodeName: string;
  readonly random: Random;
  readonly log: (line: string) => void;
}

/** Takes up what an earlier run of the agent registered. Fails: `invalid`, as its files do. */
export async function buildRegistrar(
  config: AgentConfig,
  { catalog, nodeName, random, log }: RegistrarWorld,
): Promise<RegistrarParts> {
  const node = nodeFacts(config, nodeName, await nodeIdOf(config));
  const probes = new MachineProbes({
    userAgent: `Muster/${VERSION}`,
    dockerSocket: dockerSocket(config),
  });
  const { scriptChecks, checkUpdateIntervalMs } = config.discovery;
  const registrar = await AgentRegistrar.open(
    {
      node,
      ownServices: config.server === undefined ? [] : [serverService(config)],
      gossips: config.ports.serf >= 0,
      scriptChecks,
      checkUpdateIntervalMs,
      registrations: definitionsOf(config),
    },
    {
      link: catalog,
      probes,
      files: new JournalStateFiles(join(config.dataDir, 'registrar'), log),
      clock: systemClock,
      random,
      log,
    },
  );
  return { registrar, node, close: () => probes.close() };
}

/** What the configuration files register. Fails: `invalid`, with every mistake's place. */
export function definitionsOf({ discovery }: AgentConfig): Registrations {
  const { services, checks, checkOutputMaxBytes } = discovery;
  const found = readDefinitions({ services, checks }, checkOutputMaxBytes);
  if (isIssues(found)) throw new Failure('invalid', renderIssues(found));
  return found;
}

/** The UUID that was configured, or drawn at the first start. */
export async function nodeIdOf({ discovery, dataDir }: AgentConfig): Promise<string> {
  if (discovery.nodeId !== undefined) return discovery.nodeId;
  const path = join(dataDir, 'node-id');
  const known = await readFile(path, 'utf8').catch(() => '');
  if (known.trim() !== '') return known.trim();
  const drawn = randomUUID();
  await writeFile(path, `${drawn}\n`, { mode: 0o600 });
  return drawn;
}

function nodeFacts(config: AgentConfig, name: string, id: string): CatalogNodeFacts {
  const address = config.bindAddr;
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  return {
    name,
    id,
    address,
    datacenter: config.datacenter,
    taggedAddresses: {
      lan: address,
      [`lan_${family}`]: address,
      wan: address,
      [`wan_${family}`]: address,
    },
    meta: config.discovery.nodeMeta,
  };
}

/** Tells our servers from those of a Consul: their ports speak another protocol. */
export const PROGRAM = 'muster';

/** Servers are a service themselves, under the name that clients look for. */
function serverService(config: AgentConfig): ServiceFacts {
  return {
    id: 'consul',
    name: 'consul',
    kind: '',
    tags: [],
    address: '',
    port: config.ports.rpc,
    socketPath: '',
    taggedAddresses: {},
    meta: { version: VERSION, program: PROGRAM },
    weights: DEFAULT_WEIGHTS,
    enableTagOverride: false,
  };
}
