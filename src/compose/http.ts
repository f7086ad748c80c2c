/** Builds the HTTP API of the agent. */
import { hostname } from 'node:os';
import { Facts } from '../agent/facts.ts';
import { Metrics } from '../agent/metrics.ts';
import { explain, Failure } from '../base/failure.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { systemClock } from '../io/clock.ts';
import { nodeHttpServer } from '../io/http/server.ts';
import { formatLine } from '../io/logger/logger.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import { nomadApp } from '../server/http/nomad-api.ts';
import { VERSION } from '../version.ts';
import type { ClientParts } from './client.ts';
import { jobLanguage } from './job-language.ts';
import { serverReadings } from './readings.ts';
import type { ServerParts } from './server.ts';

/** What open requests may take to end when the agent stops [ms]. */
const CLOSE_GRACE_MS = 2_000;

export interface HttpParts {
  readonly server: ServerParts;
  readonly client: ClientParts | undefined;
  readonly logger: Logger;
}

/** Listens once it runs; a taken port ends the agent with the reason. */
export function httpService(config: AgentConfig, { server, client, logger }: HttpParts): Service {
  const nodeName = config.name ?? hostname();
  const httpAddress = `${config.addresses.http}:${config.ports.http}`;
  const { operations } = server.server;
  const facts = new Facts(
    { config, version: VERSION, nodeName, httpAddress },
    {
      leading: () => operations.stats().leading,
      nodeId: () => client?.client.nodeId,
      lastIndex: () => server.log.lastIndex,
      logger,
      host: () => ({ OS: process.platform, Arch: process.arch, Hostname: hostname() }),
      formatLine,
    },
  );
  const metrics = new Metrics(() => serverReadings(operations.stats()));
  const app = nomadApp(
    {
      ops: operations,
      clock: systemClock,
      jobs: jobLanguage,
      agent: facts,
      metrics: {
        json: () => metrics.json(systemClock.now()),
        prometheus: () => metrics.prometheus(),
      },
      clientOf: (id) => (id === client?.client.nodeId ? client.client.link : undefined),
      ownNode: () => client?.client.nodeId,
    },
    (error) => {
      const stack = error instanceof Error && !(error instanceof Failure) ? error.stack : undefined;
      logger.write('error', 'http', stack ?? explain(error));
    },
  );
  return {
    name: 'http',
    run: async (signal) => {
      const at = { host: config.addresses.http, port: config.ports.http };
      const listener = await nodeHttpServer.listen(at, app);
      logger.write('info', 'http', `listening on ${listener.host}:${listener.port}`);
      await untilAborted(signal);
      await listener.close(CLOSE_GRACE_MS);
    },
  };
}
