/** Counts what went through, and shows it in Prometheus' text format. */
import type { AttemptFault } from '../core/balancer/request.ts';

export interface RequestResult {
  /** Empty: none was chosen. */
  readonly service: string;
  readonly status: number;
  readonly ms: number;
  readonly bytes: number;
  readonly complete: boolean;
}

/** Upper bounds [s]; the last one is everything. */
const BUCKETS_S: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** Services counted apart; those beyond are counted together. */
const SERVICES_MAX = 10_000;

interface ServiceCount {
  readonly statuses: Map<number, number>;
  readonly buckets: number[];
  seconds: number;
  bytes: number;
  incomplete: number;
  tunnels: number;
}

export class Tally {
  readonly #services = new Map<string, ServiceCount>();
  readonly #faults = new Map<AttemptFault, number>();

  request({ service, status, ms, bytes, complete }: RequestResult): void {
    const count = this.#count(service);
    count.statuses.set(status, (count.statuses.get(status) ?? 0) + 1);
    const seconds = ms / 1_000;
    let at = 0;
    while (at < BUCKETS_S.length && seconds > (BUCKETS_S[at] ?? 0)) at += 1;
    count.buckets[at] = (count.buckets[at] ?? 0) + 1;
    count.seconds += seconds;
    count.bytes += bytes;
    if (!complete) count.incomplete += 1;
  }

  tunnel(service: string): void {
    this.#count(service).tunnels += 1;
  }

  attemptFailed(fault: AttemptFault): void {
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
  }

  /** @param gauges further figures, by name */
  prometheus(gauges: Readonly<Record<string, number>>): string {
    const lines: string[] = [];
    const add = (name: string, type: string, help: string): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    };
    add('muster_balancer_requests_total', 'counter', 'Requests answered.');
    this.#each((label, { statuses }) => {
      for (const [status, n] of statuses) {
        lines.push(`muster_balancer_requests_total{${label},code="${status}"} ${n}`);
      }
    });
    add('muster_balancer_request_seconds', 'histogram', 'From the head to the end of the answer.');
    this.#each((label, count) => lines.push(...histogram(label, count)));
    const plain = ['bytes', 'incomplete', 'tunnels'] as const;
    for (const key of plain) {
      add(`muster_balancer_${key}_total`, 'counter', PLAIN_HELP[key]);
      this.#each((label, count) => {
        lines.push(`muster_balancer_${key}_total{${label}} ${count[key]}`);
      });
    }
    add('muster_balancer_attempts_failed_total', 'counter', 'Tries at a target that failed.');
    for (const [fault, n] of this.#faults) {
      lines.push(`muster_balancer_attempts_failed_total{reason="${fault}"} ${n}`);
    }
    for (const [name, value] of Object.entries(gauges)) {
      lines.push(`# TYPE muster_balancer_${name} gauge`, `muster_balancer_${name} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #each(show: (label: string, count: ServiceCount) => void): void {
    for (const [service, count] of this.#services) {
      show(`service="${service.replaceAll(/[\\"\n]/g, '_')}"`, count);
    }
  }

  #count(service: string): ServiceCount {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    if (this.#services.size >= SERVICES_MAX && service !== '') return this.#count('');
    const count: ServiceCount = {
      statuses: new Map(),
      buckets: [],
      ...{ seconds: 0, bytes: 0, incomplete: 0, tunnels: 0 },
    };
    this.#services.set(service, count);
    return count;
  }
}

const PLAIN_HELP = {
  bytes: 'Bytes of bodies answered.',
  incomplete: 'Answers that broke off, or whose caller went away.',
  tunnels: 'TCP connections passed on.',
} as const;

function histogram(label: string, { buckets, seconds }: ServiceCount): string[] {
  const name = 'muster_balancer_request_seconds';
  let total = 0;
  const lines = BUCKETS_S.map((bound, i) => {
    total += buckets[i] ?? 0;
    return `${name}_bucket{${label},le="${bound}"} ${total}`;
  });
  total += buckets[BUCKETS_S.length] ?? 0;
  return [
    ...lines,
    `${name}_bucket{${label},le="+Inf"} ${total}`,
    `${name}_sum{${label}} ${seconds.toFixed(6)}`,
    `${name}_count{${label}} ${total}`,
  ];
}
