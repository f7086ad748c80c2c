/** Builds the client role on the real machine. */
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { templateSource } from './template-source.ts';
import type { AllocRegistrar } from '../client/offers.ts';
import { Client } from '../client/client.ts';
import { DEFAULT_CLIENT_CONFIG, taskHostEnv, type ClientConfig } from '../client/config.ts';
import { ARTIFACT_CACHE_BYTES_MAX } from '../core/limits.ts';
import type { AgentConfig, ClientSettings } from '../core/agent-config/config.ts';
import { SystemArtifacts } from '../io/artifact/artifacts.ts';
import { DiskAllocData } from '../io/alloc-dir/alloc-data.ts';
import { DiskAllocDirs } from '../io/alloc-dir/alloc-dirs.ts';
import { bootId } from '../io/boot-id.ts';
import { JournalStateFiles } from '../io/client-state/journal-state-files.ts';
import { HostFingerprinter } from '../io/fingerprint/host.ts';
import { KeeperClient } from '../io/keeper/client.ts';
import { keeperSocketPath } from '../io/keeper/find-keeper.ts';
import { BridgeNetworks, DEFAULT_SUBNET } from '../io/network/bridge.ts';
import type { Clock } from '../ports/clock.ts';
import type { Keeper } from '../ports/keeper.ts';
import type { PreviousAllocs } from '../ports/previous-allocs.ts';
import type { ServerLink } from '../ports/server-link.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import { VERSION } from '../version.ts';
import { buildDrivers } from './drivers.ts';

export interface ClientParts {
  readonly client: Client;
  /** Brings the keeper up before the first task asks for it: that takes a new process its time. */
  readonly keeper: Service;
  /** Lets go of everything once the client has ended; `-dev` ends the keeper too. */
  close(): Promise<void>;
}

export interface ClientWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly registrar: AllocRegistrar;
  readonly servers: ServerLink;
  readonly previous: PreviousAllocs;
  readonly log: (line: string) => void;
}

export function buildClient(
  config: AgentConfig,
  settings: ClientSettings,
  world: ClientWorld,
): ClientParts {
  const { clock, log } = world;
  const allocDir = settings.allocDir ?? join(config.dataDir, 'alloc');
  const keeper = new KeeperClient({
    socketPath: keeperSocketPath(config.dataDir),
    command: [
      process.execPath,
      process.argv[1] ?? '',
      ...['keeper', keeperSocketPath(config.dataDir), join(config.dataDir, 'pipes')],
    ],
    logPath: join(config.dataDir, 'keeper.log'),
    version: VERSION,
  });
  const built = buildDrivers(config, { keeper, clock, now: () => clock.now() });
  const boot = bootId();
  const client = new Client(clientConfig(config, settings), {
    ...world,
    ...(boot === undefined ? {} : { bootId: boot }),
    drivers: built.drivers,
    artifacts: new SystemArtifacts(
      { dir: join(config.dataDir, 'client', 'artifacts'), bytesMax: ARTIFACT_CACHE_BYTES_MAX },
      settings.artifactLimits,
    ),
    templates: templateSource(config),
    files: new JournalStateFiles(settings.stateDir ?? join(config.dataDir, 'client'), log),
    dirs: new DiskAllocDirs(allocDir, clock),
    data: new DiskAllocData(allocDir),
    networks: new BridgeNetworks({
      dir: join(config.dataDir, 'client', 'network'),
      subnet: DEFAULT_SUBNET,
    }),
    fingerprinter: new HostFingerprinter(
      {
        ...{ storagePath: allocDir, bindAddr: config.bindAddr },
        loopback: config.dev,
        ...(settings.networkInterface === undefined
          ? {}
          : { networkInterface: settings.networkInterface }),
      },
      () => clock.now(),
    ),
    drawId: randomUUID,
    log,
  });
  return {
    client,
    keeper: { name: 'keeper', run: (signal) => warmUp(keeper, log, signal) },
    close: async () => {
      await built.close();
      if (config.dev) await keeper.end();
      else keeper.close();
    },
  };
}

async function warmUp(
  keeper: Keeper,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await keeper.list(signal).catch((error: unknown) => {
    if (!signal.aborted) log(`no keeper yet: ${explain(error)}`);
  });
  await untilAborted(signal);
}

function clientConfig(config: AgentConfig, settings: ClientSettings): ClientConfig {
  const { cpuTotalCompute, memoryTotalMb, diskTotalMb } = settings;
  return {
    ...DEFAULT_CLIENT_CONFIG,
    ...(config.name === undefined ? {} : { name: config.name }),
    region: config.region,
    datacenter: config.datacenter,
    nodeClass: settings.nodeClass,
    nodePool: settings.nodePool,
    meta: settings.meta,
    attributes: { 'muster.version': VERSION },
    httpAddr: config.advertiseHttp ?? `${config.addresses.http}:${config.ports.http}`,
    reserved: settings.reserved,
    ...(cpuTotalCompute === undefined ? {} : { cpuTotalCompute }),
    ...(memoryTotalMb === undefined ? {} : { memoryTotalMb }),
    ...(diskTotalMb === undefined ? {} : { diskTotalMb }),
    dynamicPortMin: settings.dynamicPortMin,
    dynamicPortMax: settings.dynamicPortMax,
    hostVolumes: settings.hostVolumes,
    hostNetworks: settings.hostNetworks,
    killTimeoutMsMax: settings.killTimeoutMsMax,
    hostEnv: taskHostEnv(process.env),
    collect: settings.collect,
    templates: settings.templates,
    stopTasksAtEnd: config.dev,
  };
}
