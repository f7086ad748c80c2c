/** What the agent knows of itself, as the API tells it. */
import type { JsonObject } from '../base/json.ts';
import type { AgentHealth, AgentSelf, Member } from '../api/nomad/agent-routes.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { LOG_LEVELS, type Logger, type LogLine } from '../ports/logger.ts';

/** What stays the same while the agent runs. */
export interface AgentIdentity {
  readonly config: AgentConfig;
  readonly version: string;
  /** Name of the machine, or the one configured. */
  readonly nodeName: string;
  /** `host:port` of its own API. */
  readonly httpAddress: string;
}

/** What changes. */
export interface AgentSources {
  readonly leading: () => boolean;
  /** Undefined where the agent has no client, or it has not registered yet. */
  readonly nodeId: () => string | undefined;
  readonly lastIndex: () => number;
  /** `host:port` of the leader's link; empty when there is none. */
  readonly leader: () => string;
  /** The same of every server. */
  readonly servers: () => readonly string[];
  /** The servers that gossip, of all regions; none where this agent does not. */
  readonly gossiping: () => readonly Gossiping[];
  /** The regions that there is a way to, this one too, by name. */
  readonly regions: () => readonly string[];
  readonly logger: Logger;
  /** Facts of the machine, for support. */
  readonly host: () => JsonObject;
  /** Renders a log line for people. */
  readonly formatLine: (line: LogLine) => string;
}

/** A member of a pool of agents, as it tells of itself. */
export interface Gossiping {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The agent as a member of its region. */
export class Facts {
  readonly region: string;
  readonly datacenter: string;
  readonly nodeName: string;
  readonly serverName: string;
  readonly version: string;
  readonly #identity: AgentIdentity;
  readonly #sources: AgentSources;

  constructor(identity: AgentIdentity, sources: AgentSources) {
    this.region = identity.config.region;
    this.datacenter = identity.config.datacenter;
    this.nodeName = identity.nodeName;
    this.serverName = `${identity.nodeName}.${this.region}`;
    this.version = identity.version;
    this.#identity = identity;
    this.#sources = sources;
  }

  self(): AgentSelf {
    const { config, version } = this.#identity;
    const nodeId = this.#sources.nodeId();
    return {
      config: {
        Region: config.region,
        Datacenter: config.datacenter,
        NodeName: this.#identity.nodeName,
        DataDir: config.dataDir,
        LogLevel: config.logLevel.toUpperCase(),
        BindAddr: config.bindAddr,
        DevMode: config.dev,
        Ports: { HTTP: config.ports.http, RPC: config.ports.rpc, Serf: config.ports.serf },
        Server: { Enabled: config.server !== undefined },
        Client: { Enabled: config.client !== undefined },
        ACL: { Enabled: false },
        Version: { Version: version, VersionPrerelease: '', VersionMetadata: '' },
      },
      member: this.#member(),
      stats: {
        nomad: {
          server: String(config.server !== undefined),
          leader: String(this.#sources.leading()),
          leader_addr: this.leader(),
          bootstrap: 'true',
          known_regions: String(this.regions().length),
        },
        raft: { last_log_index: String(this.#sources.lastIndex()), state: this.#state() },
        ...(nodeId === undefined
          ? {}
          : { client: { node_id: nodeId, known_servers: this.servers().join(',') } }),
        runtime: { version: process.version, arch: process.arch, kernel: process.platform },
      },
    };
  }

  members(): readonly Member[] {
    const members = this.#sources.gossiping().flatMap((each) => serverMember(each) ?? []);
    if (members.length > 0) return members;
    return this.#identity.config.server === undefined ? [] : [this.#member()];
  }

  health(): AgentHealth {
    const { server, client } = this.#identity.config;
    const serverOk = this.#sources.leading();
    const clientOk = this.#sources.nodeId() !== undefined;
    return {
      ...(server === undefined
        ? {}
        : { server: { ok: serverOk, message: serverOk ? 'ok' : 'no leader' } }),
      ...(client === undefined
        ? {}
        : { client: { ok: clientOk, message: clientOk ? 'ok' : 'not registered' } }),
    };
  }

  servers(): readonly string[] {
    return this.#sources.servers();
  }

  leader(): string {
    return this.#sources.leader();
  }

  peers(): readonly string[] {
    return this.#sources.servers();
  }

  regions(): readonly string[] {
    return this.#sources.regions();
  }

  host(): JsonObject {
    return this.#sources.host();
  }

  monitor(
    options: { readonly level: string; readonly json: boolean },
    signal: AbortSignal,
  ): AsyncIterable<string> {
    const level = LOG_LEVELS.find((name) => name === options.level.toLowerCase()) ?? 'info';
    const lines = this.#sources.logger.follow(level, signal);
    return renderLines(lines, options.json ? JSON.stringify : this.#sources.formatLine);
  }

  #state(): string {
    return this.#sources.leading() ? 'Leader' : 'Follower';
  }

  #member(): Member {
    const { config, version } = this.#identity;
    return {
      name: this.serverName,
      address: config.bindAddr,
      port: config.ports.serf,
      status: 'alive',
      tags: {
        build: version,
        dc: config.datacenter,
        region: config.region,
        role: 'nomad',
        bootstrap: '1',
        port: String(config.ports.rpc),
        rpc_addr: config.bindAddr,
        vsn: '1',
        raft_vsn: '3',
      },
    };
  }
}

/** Undefined: it is no server. */
function serverMember({ name, address, port, status, tags }: Gossiping): Member | undefined {
  const { role, region = '', dc = '', build = '', id = '' } = tags;
  if (role !== 'consul' || region === '') return undefined;
  const suffix = `.${region}`;
  return {
    name: name.endsWith(suffix) ? name : `${name}${suffix}`,
    ...{ address, port, status },
    tags: {
      ...{ build, dc, id, region, role: 'nomad', port: tags['port'] ?? '', vsn: '1' },
      ...{ rpc_addr: tags['rpc_addr'] ?? address, raft_vsn: '3' },
      ...(tags['expect'] === undefined ? { bootstrap: '1' } : { expect: tags['expect'] }),
    },
  };
}

async function* renderLines(
  lines: AsyncIterable<LogLine>,
  render: (line: LogLine) => string,
): AsyncIterable<string> {
  for await (const line of lines) yield `${render(line)}\n`;
}
