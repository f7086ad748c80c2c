/** What all agents have while they run, whatever their roles. */
import { explain } from '../base/failure.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import type { LeveledLogger } from '../io/logger/logger.ts';

export interface Running {
  /** Reads the configuration again. Fails: as that does. */
  readonly load: () => Promise<AgentConfig>;
  readonly logger: LeveledLogger;
}

/** Reads the configuration again on SIGHUP. Answers how to stop that. */
export function reloadOnHangup(reload: () => Promise<void>, { logger }: Running): () => void {
  const onHangup = (): void => {
    reload().catch((error: unknown) => {
      logger.write('error', 'agent', `not reloaded: ${explain(error)}`);
    });
  };
  process.on('SIGHUP', onHangup);
  return () => process.off('SIGHUP', onHangup);
}

/** What every agent takes over of a changed configuration. */
export function reloadLogging({ logger }: Running, { logLevel }: AgentConfig): void {
  logger.setLevel(logLevel);
  logger.write('warn', 'agent', `reloaded the configuration: the log level is ${logLevel}`);
}
