/** What the machine is doing, sampled. */
import type { Millis } from '../../base/brand.ts';
import type { HostUsage } from '../../core/model/usage.ts';
import { cpuFacts, cpuTicks, diskFacts, memoryFacts, uptimeSeconds } from './machine.ts';
import type { CpuTicks } from './machine.ts';

export class HostSampler {
  #before: readonly CpuTicks[] = [];
  readonly #cpu = cpuFacts();

  /** Processor figures are since the sample before; the first are since boot. Percent of a core. */
  sample(at: Millis): HostUsage {
    const now = cpuTicks();
    const cpus = now.map((ticks) => this.#shares(ticks));
    this.#before = now;
    const all = cpus[0];
    const { total, available, used, free } = memoryFacts();
    return {
      at,
      uptimeSeconds: Math.floor(uptimeSeconds()),
      cpus: cpus.slice(1),
      memory: { total, available, used, free },
      disks: diskFacts().map(({ device, mountpoint, ...room }) => ({
        device,
        mountpoint,
        size: room.size,
        used: room.used,
        available: room.available,
        usedPercent: room.usedPercent,
        inodesUsedPercent: room.inodesUsedPercent,
      })),
      cpuTicksConsumed: ((all?.total ?? 0) / 100) * this.#cpu.mhz * this.#cpu.count,
    };
  }

  #shares(now: CpuTicks): HostUsage['cpus'][number] {
    const before = this.#before.find(({ name }) => name === now.name);
    const whole = Math.max(now.total - (before?.total ?? 0), 1);
    const share = (key: 'user' | 'system' | 'idle'): number =>
      ((now[key] - (before?.[key] ?? 0)) * 100) / whole;
    const idle = share('idle');
    return {
      name: now.name,
      user: share('user'),
      system: share('system'),
      idle,
      total: Math.max(0, 100 - idle),
    };
  }
}
