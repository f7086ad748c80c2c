/**
 * `muster agent`: reads the configuration, builds the roles, runs them until it is told to stop.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../agent/load-config.ts';
import type { Invocation } from '../cli/command.ts';
import type { World } from '../cli/world.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { lockDirectory } from '../io/fs/directory-lock.ts';
import { createLogger } from '../io/logger/logger.ts';
import { VERSION } from '../version.ts';
import { flagsOf } from './agent-flags.ts';
import type { Running } from './running.ts';

/** Answers the exit code once the agent has ended. Fails: as its configuration and roles do. */
export async function agentMain(invocation: Invocation, world: World): Promise<number> {
  const dev = invocation.flags.has('dev');
  const devDir = dev ? mkdtempSync(join(tmpdir(), 'muster-dev-')) : '';
  const load = (): Promise<AgentConfig> => loadAgentConfig(invocation, world, devDir);
  try {
    const config = await load();
    const logger = createLogger({ level: config.logLevel, json: config.logJson }, (line) =>
      process.stderr.write(line),
    );
    world.out(`==> Muster agent v${VERSION} (${config.dev ? 'development' : config.dataDir})\n`);
    await run(config, { load, logger });
    return 0;
  } finally {
    if (dev) rmSync(devDir, { recursive: true, force: true });
  }
}

/** The configuration that an agent of these flags would run with. Fails: as `loadConfig`. */
export function loadAgentConfig(
  invocation: Invocation,
  world: World,
  devDir = '',
): Promise<AgentConfig> {
  return loadConfig(flagsOf(invocation, devDir), world.files);
}

/**
 * Runs the roles until SIGTERM or SIGINT. Two agents of one data directory would be one node, or
 * one server, to all others. Fails: `conflict` another one has it.
 */
async function run(config: AgentConfig, running: Running): Promise<void> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const claim = await lockDirectory(config.dataDir);
  try {
    await runRoles(config, running);
  } finally {
    await claim.release();
  }
}

/** What a role does not need is not even read. */
async function runRoles(config: AgentConfig, running: Running): Promise<void> {
  if (config.server !== undefined) {
    const { runServerAgent } = await import('./server-agent.ts');
    await runServerAgent(config, config.server, running);
  } else if (config.client !== undefined) {
    const { runClientAgent } = await import('./client-agent.ts');
    await runClientAgent(config, config.client, running);
  }
}
