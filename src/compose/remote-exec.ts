/**
 * Builds what carries out `exec` on this machine. On a server events come from its own state; what
 * is written, and all that an agent without a server asks, goes through the agent's API, which
 * hands it to a server.
 */
import { RemoteExec, type RemoteExecServers } from '../agent/remote-exec.ts';
import { Api } from '../api/api.ts';
import { CONSUL } from '../api/consul/common-query.ts';
import { listEvents } from '../api/consul/event-routes.ts';
import { readPairs, writeKv } from '../api/consul/kv-routes.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { hears } from '../core/remote-exec/hears.ts';
import { readKvPair, readUserEvents } from '../core/state/reads-kv.ts';
import { systemClock } from '../io/clock.ts';
import { systemCommands } from '../io/command/commands.ts';
import { connectLight } from '../io/http/light-client.ts';
import type { Service } from '../ports/service.ts';
import { keepRunning } from '../run/keep-running.ts';
import type { ServerParts } from './server.ts';
import { ownAddress } from './template-source.ts';

interface RemoteExecParts {
  readonly nodeName: string;
  readonly note: (line: string) => void;
}

/** On a server. */
export function buildRemoteExec(
  config: AgentConfig,
  { server, ...parts }: RemoteExecParts & { readonly server: ServerParts },
): RemoteExec {
  const { operations: ops } = server.server;
  const { nodeName: node } = parts;
  return remoteExec(apiOf(config), parts, {
    events: async (after, signal) => {
      const options = after === undefined ? {} : { after: Number(after) as Index };
      const { value, index } = await ops.query(readUserEvents(), options, signal);
      const hearer = { node, services: [...ops.snapshot().servicesOnNode(node)] };
      return { events: value.filter((event) => hears(event, hearer)), index: String(index) };
    },
    value: async (key, signal) => (await ops.query(readKvPair(key), {}, signal)).value?.value,
  });
}

/** On an agent without a server role. While no server is in reach, it waits for one. */
export function buildRelayedExec(
  config: AgentConfig,
  { random, ...parts }: RemoteExecParts & { readonly random: Random },
): Service {
  const api = apiOf(config);
  const exec = remoteExec(api, parts, {
    events: async (after, signal) => {
      const query = after === undefined ? {} : { afterEvent: after };
      const { value, exactIndex } = await api.tell(listEvents, { query }, signal);
      return { events: value, index: exactIndex };
    },
    value: async (key, signal) => {
      try {
        return (await api.call(readPairs, { params: { key } }, signal))[0]?.value;
      } catch (error) {
        if (error instanceof Failure && error.fault === 'not_found') return undefined;
        throw error;
      }
    },
  });
  let told = '';
  const log = (line: string): void => {
    if (line !== told) parts.note(line);
    told = line;
  };
  return {
    name: exec.name,
    run: (signal) => keepRunning(exec, { clock: systemClock, random, log }, signal),
  };
}

function apiOf(config: AgentConfig): Api {
  return new Api({ dialect: CONSUL }, connectLight(ownAddress(config)));
}

function remoteExec(
  api: Api,
  parts: RemoteExecParts,
  reads: Omit<RemoteExecServers, 'put'>,
): RemoteExec {
  return new RemoteExec({
    ...parts,
    clock: systemClock,
    commands: systemCommands,
    servers: {
      ...reads,
      put: ({ session }, key, value) =>
        api.call(writeKv, { params: { key }, query: { acquire: session }, body: value }),
    },
  });
}
