/** What a machine is and has, as jobs may ask for it. */
import type { NodeNetwork } from '../core/model/node.ts';
import type { HostUsage } from '../core/model/usage.ts';

/** Facts by the names that job files use: `kernel.name`, `cpu.arch`, `unique.hostname`. */
export interface HostFacts {
  readonly attributes: Readonly<Record<string, string>>;
  readonly hostname: string;
  /** [MHz], all cores together. */
  readonly cpu: number;
  readonly cores: number;
  readonly memoryMb: number;
  /** Free room of the file system that holds the allocations. */
  readonly diskMb: number;
  readonly networks: readonly NodeNetwork[];
}

export interface Fingerprinter {
  /** Looks at the machine. Facts that cannot be learnt are left out; never rejects. */
  read(signal: AbortSignal): Promise<HostFacts>;
  /** What the machine uses now. Fails: `unavailable`. */
  usage(): Promise<HostUsage>;
}
