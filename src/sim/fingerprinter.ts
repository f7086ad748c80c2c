import type { Millis } from '../base/brand.ts';
import type { HostUsage } from '../core/model/usage.ts';
import type { Fingerprinter, HostFacts } from '../ports/fingerprint.ts';

/** A machine as a test describes it. */
export class SimFingerprinter implements Fingerprinter {
  facts: HostFacts = {
    attributes: { 'kernel.name': 'linux', 'cpu.arch': 'amd64', 'unique.hostname': 'sim' },
    hostname: 'sim',
    cpu: 4_000,
    cores: 4,
    memoryMb: 8_192,
    diskMb: 100_000,
    networks: [{ mode: 'host', device: 'lo', ip: '127.0.0.1', cidr: '127.0.0.1/32', mbits: 1_000 }],
  };

  read(): Promise<HostFacts> {
    return Promise.resolve(this.facts);
  }

  usage(): Promise<HostUsage> {
    return Promise.resolve({
      at: 0 as Millis,
      uptimeSeconds: 1,
      cpus: [],
      memory: { total: 1, available: 1, used: 0, free: 1 },
      disks: [],
      cpuTicksConsumed: 0,
    });
  }
}
