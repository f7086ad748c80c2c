/** A job as `status JOB` shows it. */
import type { AllocStub } from '../../api/nomad/alloc-codec.ts';
import type { JobStub } from '../../api/nomad/job-stub-codec.ts';
import type { Deployment } from '../../core/model/deployment.ts';
import type { Evaluation } from '../../core/model/evaluation.ts';
import type { Job } from '../../core/model/job.ts';
import type { JobSummary } from '../../core/model/job-summary.ts';
import { columns, keyValues } from '../format/columns.ts';
import { timestamp } from '../format/time.ts';
import { allocList, type AllocListOptions } from './allocs.ts';
import { latestDeployment } from './deployment.ts';
import { evaluationList } from './evaluation.ts';
import { placementReasons } from './placement.ts';

/** Everything that the page is made of. */
export interface JobPage {
  readonly job: Job;
  readonly summary: JobSummary | undefined;
  /** Newest first. */
  readonly evaluations: readonly Evaluation[];
  readonly deployment: Deployment | undefined;
  readonly allocs: readonly AllocStub[];
  /** Children of a periodic or parameterized job. */
  readonly children: readonly JobStub[];
  /** When a periodic job runs next, as text; absent for others. */
  readonly nextLaunch?: string;
}

/** @param options `short` leaves out all but the first block */
export function jobStatus(
  page: JobPage,
  options: AllocListOptions & { readonly short: boolean; readonly evals: boolean },
): string {
  const { job, summary } = page;
  const blocks = [about(page)];
  if (options.short) return blocks.join('');
  if (job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched)) {
    return [...blocks, ...childBlocks(page)].join('\n\n');
  }
  if (summary !== undefined) blocks.push(`Summary\n${groupSummary(summary)}`);
  if (options.evals) blocks.push(`Evaluations\n${evaluationList(page.evaluations, options)}`);
  const failures = failureBlock(page.evaluations);
  if (failures !== '') blocks.push(failures);
  if (page.deployment !== undefined) {
    blocks.push(`Latest Deployment\n${latestDeployment(page.deployment, options.ids)}`);
  }
  blocks.push(`Allocations\n${allocList(page.allocs, options)}`);
  return blocks.join('\n\n');
}

function about({ job, nextLaunch }: JobPage): string {
  const parameterized = job.parameterized !== undefined && !job.dispatched;
  return keyValues([
    ['ID', job.id],
    ['Name', job.name],
    ['Submit Date', timestamp(job.submittedAt)],
    ['Type', job.type],
    ['Priority', String(job.priority)],
    ['Datacenters', job.datacenters.join(',')],
    ['Namespace', job.namespace],
    ['Status', `${job.status}${job.stop ? ' (stopped)' : ''}`],
    ['Periodic', String(job.periodic !== undefined)],
    ['Parameterized', String(parameterized)],
    ...(nextLaunch === undefined ? [] : [['Next Periodic Launch', nextLaunch] as const]),
  ]);
}

function groupSummary(summary: JobSummary): string {
  const groups = Object.entries(summary.groups).sort(([a], [b]) => (a < b ? -1 : 1));
  const unknown = groups.some(([, group]) => group.unknown > 0);
  return columns([
    [
      ...['Task Group', 'Queued', 'Starting', 'Running', 'Failed', 'Complete', 'Lost'],
      ...(unknown ? ['Unknown'] : []),
    ],
    ...groups.map(([name, g]) => [
      name,
      ...[g.queued, g.starting, g.running, g.failed, g.complete, g.lost].map(String),
      ...(unknown ? [String(g.unknown)] : []),
    ]),
  ]);
}

/** What the newest evaluation could not place, or waits for, as long as something still waits. */
function failureBlock(evaluations: readonly Evaluation[]): string {
  const waiting = evaluations.find((e) => e.status === 'blocked');
  const latest = evaluations.find((e) => Object.keys(e.failedGroups).length > 0);
  if (waiting === undefined) return '';
  if (latest === undefined) {
    // It was not looked for room yet: others come first.
    return waiting.statusDescription === '' ? '' : `Waiting\nIt ${waiting.statusDescription}`;
  }
  const groups = Object.entries(latest.failedGroups).sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = groups.map(([group, metrics]) =>
    [`Task Group "${group}":`, ...placementReasons(metrics, '  ')].join('\n'),
  );
  return `Placement Failure\n${texts.join('\n\n')}`;
}

function childBlocks({ job, summary, children }: JobPage): string[] {
  const counts = summary?.children ?? { pending: 0, running: 0, dead: 0 };
  const title = job.periodic !== undefined ? 'Previously Launched Jobs' : 'Dispatched Jobs';
  const none =
    job.periodic !== undefined
      ? 'No instances of periodic job found'
      : 'No dispatched instances of parameterized job found';
  const list =
    children.length === 0
      ? none
      : `${title}\n${columns([['ID', 'Status'], ...children.map((c) => [c.id, childStatus(c)])])}`;
  return [
    `Children Job Summary\n${columns([
      ['Pending', 'Running', 'Dead'],
      [counts.pending, counts.running, counts.dead].map(String),
    ])}`,
    list,
  ];
}

function childStatus(child: JobStub): string {
  return child.stop ? `${child.status} (stopped)` : child.status;
}

/** All jobs, as `status` lists them. */
export function jobList(jobs: readonly JobStub[]): string {
  // Of several namespaces an id alone does not say which job it is.
  const several = new Set(jobs.map(({ namespace }) => namespace)).size > 1;
  return columns([
    ['ID', ...(several ? ['Namespace'] : []), 'Type', 'Priority', 'Status', 'Submit Date'],
    ...jobs.map((job) => [
      job.id,
      ...(several ? [job.namespace] : []),
      jobType(job),
      String(job.priority),
      childStatus(job),
      timestamp(job.submittedAt),
    ]),
  ]);
}

function jobType(job: JobStub): string {
  if (job.periodic) return `${job.type}/periodic`;
  return job.parameterized ? `${job.type}/parameterized` : job.type;
}
