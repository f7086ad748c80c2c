/**
 * Builds what carries out `exec` on this machine: events come from the server's own state; what is
 * written goes through the agent's API, which hands it to whichever server leads.
 */
import { RemoteExec } from '../agent/remote-exec.ts';
import { Api } from '../api/api.ts';
import { CONSUL } from '../api/consul/common-query.ts';
import { writeKv } from '../api/consul/kv-routes.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { hears } from '../core/remote-exec/hears.ts';
import { readKvPair, readUserEvents } from '../core/state/reads-kv.ts';
import { systemClock } from '../io/clock.ts';
import { systemCommands } from '../io/command/commands.ts';
import { connectLight } from '../io/http/light-client.ts';
import type { ServerParts } from './server.ts';
import { ownAddress } from './template-source.ts';

export interface RemoteExecParts {
  readonly server: ServerParts;
  readonly nodeName: string;
  readonly note: (line: string) => void;
}

export function buildRemoteExec(
  config: AgentConfig,
  { server, nodeName, note }: RemoteExecParts,
): RemoteExec {
  const { operations: ops } = server.server;
  const api = new Api({ dialect: CONSUL }, connectLight(ownAddress(config)));
  return new RemoteExec({
    nodeName,
    note,
    clock: systemClock,
    commands: systemCommands,
    servers: {
      events: async (after, signal) => {
        const options = after === undefined ? {} : { after };
        const { value, index } = await ops.query(readUserEvents(), options, signal);
        const hearer = { node: nodeName, services: [...ops.snapshot().servicesOnNode(nodeName)] };
        return { events: value.filter((event) => hears(event, hearer)), index };
      },
      value: async (key, signal) => (await ops.query(readKvPair(key), {}, signal)).value?.value,
      put: ({ session }, key, value) =>
        api.call(writeKv, { params: { key }, query: { acquire: session }, body: value }),
    },
  });
}
