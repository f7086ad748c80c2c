/** Builds what carries out `exec` on this machine. */
import { RemoteExec } from '../agent/remote-exec.ts';
import { NO_FLAGS } from '../core/model/kv.ts';
import { hears } from '../core/remote-exec/hears.ts';
import { readKvPair, readUserEvents } from '../core/state/reads-kv.ts';
import { systemClock } from '../io/clock.ts';
import { systemCommands } from '../io/command/commands.ts';
import type { ServerParts } from './server.ts';

export interface RemoteExecParts {
  readonly server: ServerParts;
  readonly nodeName: string;
  readonly note: (line: string) => void;
}

export function buildRemoteExec({ server, nodeName, note }: RemoteExecParts): RemoteExec {
  const { operations: ops } = server.server;
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
      put: async ({ session }, key, value) =>
        (await ops.kv.write({ verb: 'lock', key, value, flags: NO_FLAGS, session })).ok,
    },
  });
}
