/** When the agent is to end: told by a signal, or by its API. */
import { drainOnShutdown, type DrainOperations } from '../agent/drain-on-shutdown.ts';
import { explain } from '../base/failure.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { systemClock } from '../io/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ClientParts } from './client.ts';

export interface Roles {
  readonly client: ClientParts | undefined;
  /** Asks the servers. */
  readonly drain: DrainOperations;
  /** Takes the agent out of the catalog and the pool, where the operator wants that. */
  readonly leave: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * Aborts `stop` on SIGTERM and SIGINT; before that, tasks are moved away where the operator wants
 * it. A second signal does not wait for them. Answers how to stop hearing of signals.
 */
export function stopOnSignals(
  stop: AbortController,
  config: AgentConfig,
  { client, drain: ops, leave, logger }: Roles,
): () => void {
  const drain = config.client?.drainOnShutdown;
  let asked = 0;
  const onSignal = (name: string): void => {
    logger.write('info', 'agent', `received ${name}: stopping`);
    const nodeId = client?.client.nodeId;
    const leaves = name === 'SIGINT' ? config.leaveOnInterrupt : config.leaveOnTerminate;
    const drains = drain !== undefined && nodeId !== undefined;
    if ((!drains && !leaves) || asked++ > 0) {
      stop.abort();
      return;
    }
    const drained = drains
      ? drainOnShutdown(nodeId, drain, { ops, clock: systemClock }, stop.signal)
      : Promise.resolve();
    drained
      .then(() => (leaves ? leave() : undefined))
      .catch((error: unknown) => {
        logger.write('warn', 'agent', `cannot leave as it should: ${explain(error)}`);
      })
      .finally(() => {
        stop.abort();
      });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return () => {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  };
}
