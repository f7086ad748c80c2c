/** A container's use of the machine, from two samples of the engine's statistics. */
import type { Millis } from '../../../base/brand.ts';
import type { Json, JsonObject } from '../../../base/json.ts';
import type { TaskUsage } from '../../../core/model/usage.ts';

/** What the next sample is compared with. */
export interface CpuSample {
  readonly total: number;
  readonly user: number;
  readonly system: number;
  /** [ms] */
  readonly at: number;
}

/** @param mhz the frequency of one core, for ticks */
export function usageOf(
  stats: JsonObject,
  before: CpuSample | undefined,
  at: Millis,
  mhz: number,
): { readonly usage: TaskUsage; readonly sample: CpuSample } {
  const cpu = object(object(stats['cpu_stats'])['cpu_usage']);
  const throttling = object(object(stats['cpu_stats'])['throttling_data']);
  const sample: CpuSample = {
    total: number(cpu['total_usage']),
    user: number(cpu['usage_in_usermode']),
    system: number(cpu['usage_in_kernelmode']),
    at,
  };
  const elapsedNs = before === undefined ? 0 : (at - before.at) * 1e6;
  const percent = (now: number, then: number): number =>
    elapsedNs <= 0 ? 0 : (Math.max(0, now - then) / elapsedNs) * 100;
  const total = percent(sample.total, before?.total ?? 0);
  const usage: TaskUsage = {
    at,
    cpu: {
      percent: total,
      systemPercent: percent(sample.system, before?.system ?? 0),
      userPercent: percent(sample.user, before?.user ?? 0),
      totalTicks: (total / 100) * mhz,
      throttledPeriods: number(throttling['throttled_periods']),
      throttledTimeNs: number(throttling['throttled_time']),
    },
    memory: memoryOf(object(stats['memory_stats'])),
    pids: number(object(stats['pids_stats'])['current']),
  };
  return { usage, sample };
}

/** Version 1 and 2 of control groups name the same things differently. */
function memoryOf(memory: JsonObject): TaskUsage['memory'] {
  const detail = object(memory['stats']);
  return {
    rss: number(detail['rss'] ?? detail['anon']),
    cache: number(detail['cache'] ?? detail['file']),
    swap: number(detail['swap']),
    usage: number(memory['usage']),
    maxUsage: number(memory['max_usage']),
  };
}

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}
