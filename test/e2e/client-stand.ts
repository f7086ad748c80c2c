/** A client with everything real but its servers. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { seeded } from '../../src/base/random.ts';
import { Client } from '../../src/client/client.ts';
import { DEFAULT_CLIENT_CONFIG, taskHostEnv, type ClientConfig } from '../../src/client/config.ts';
import { SystemArtifacts } from '../../src/io/artifact/artifacts.ts';
import { DiskAllocData } from '../../src/io/alloc-dir/alloc-data.ts';
import { DiskAllocDirs } from '../../src/io/alloc-dir/alloc-dirs.ts';
import { findHierarchies } from '../../src/io/cgroup/hierarchy.ts';
import { TaskCgroups } from '../../src/io/cgroup/task-cgroups.ts';
import { JournalStateFiles } from '../../src/io/client-state/journal-state-files.ts';
import { systemClock } from '../../src/io/clock.ts';
import { RawExecDriver } from '../../src/io/drivers/raw-exec/driver.ts';
import { HostFingerprinter } from '../../src/io/fingerprint/host.ts';
import type { Driver } from '../../src/ports/driver.ts';
import type { Keeper } from '../../src/ports/keeper.ts';
import type { AllocNetworks } from '../../src/ports/network.ts';
import type { ServerLink } from '../../src/ports/server-link.ts';
import { SimNetworks } from '../../src/sim/networks.ts';
import { SimPreviousAllocs } from '../../src/sim/previous-allocs.ts';
import { SimRegistrar } from '../../src/sim/registrar.ts';
import { SimTemplateSource } from '../../src/sim/template-source.ts';

/** @param dir where it keeps everything */
export function realClient(
  dir: string,
  deps: {
    readonly keeper: Keeper;
    readonly servers: ServerLink;
    readonly networks?: AllocNetworks;
    /** Beside `raw_exec`. */
    readonly drivers?: readonly Driver[];
    readonly log?: (line: string) => void;
  },
  config: Partial<ClientConfig> = {},
): Client {
  const allocs = join(dir, 'alloc');
  const cgroups = new TaskCgroups(findHierarchies());
  return new Client(
    { ...DEFAULT_CLIENT_CONFIG, hostEnv: taskHostEnv(process.env), ...config },
    {
      clock: systemClock,
      random: seeded(dir),
      servers: deps.servers,
      drivers: [
        new RawExecDriver({ enabled: true }, { keeper: deps.keeper, cgroups, clock: systemClock }),
        ...(deps.drivers ?? []),
      ],
      files: new JournalStateFiles(join(dir, 'client'), deps.log ?? (() => undefined)),
      dirs: new DiskAllocDirs(allocs, systemClock),
      data: new DiskAllocData(allocs),
      previous: new SimPreviousAllocs(),
      networks: deps.networks ?? new SimNetworks(),
      registrar: new SimRegistrar(),
      templates: new SimTemplateSource(),
      artifacts: new SystemArtifacts({ dir: join(dir, 'artifacts'), bytesMax: 1024 * 1024 }),
      fingerprinter: new HostFingerprinter(
        { storagePath: allocs, bindAddr: '127.0.0.1', loopback: true },
        () => systemClock.now(),
      ),
      drawId: () => randomUUID(),
      log: deps.log ?? (() => undefined),
    },
  );
}
