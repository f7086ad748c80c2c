/**
 * The answer to a pull as it goes over the link: each job once, as a text that is made once for all
 * nodes, and nothing that a client has no use for. That is a twelfth of the work of packing it as
 * it is, of which a fleet's servers have a million to do.
 *
 * LP1: who does not ask for it is answered as ever: agents of other builds understand each other.
 */
import { Failure } from '../base/failure.ts';
import type { Alloc } from '../core/model/alloc.ts';
import type { Job } from '../core/model/job.ts';
import { NO_METRICS } from '../core/model/metrics.ts';
import type { PullReply } from '../ports/server-link.ts';

/** Why it was placed where it was is for people, who ask the servers. */
type LeanAlloc = Omit<Alloc, 'metrics'> & { readonly metrics: undefined };

export interface LeanReply extends Omit<PullReply, 'allocs'> {
  readonly allocs: readonly LeanAlloc[];
  /** In JSON. */
  readonly jobs: readonly string[];
  /** For each allocation, the place of its job. */
  readonly jobOf: readonly number[];
}

/** Makes such answers, and keeps the texts of jobs for as long as these are there. */
export class LeanReplies {
  readonly #texts = new WeakMap<Job, string>();

  of({ allocs, ...rest }: PullReply): LeanReply {
    const places = new Map<Job, number>();
    const jobOf: number[] = [];
    const lean = allocs.map(({ alloc, job }) => {
      const place = places.get(job) ?? places.size;
      places.set(job, place);
      jobOf.push(place);
      return { ...alloc, metrics: undefined };
    });
    const jobs = Array.from(places.keys(), (job) => this.#text(job));
    return { ...rest, allocs: lean, jobs, jobOf };
  }

  #text(job: Job): string {
    const known = this.#texts.get(job);
    if (known !== undefined) return known;
    const text = JSON.stringify(job);
    this.#texts.set(job, text);
    return text;
  }
}

/** Takes such an answer, or one of a server that knows only the other form. Fails: `internal`. */
export function readPullReply(reply: PullReply | LeanReply): PullReply {
  if (!('jobOf' in reply)) return reply;
  const { allocs, jobs, jobOf, ...rest } = reply;
  const read = jobs.map((text) => JSON.parse(text) as Job);
  return {
    ...rest,
    allocs: allocs.map((alloc, n) => {
      const job = read[jobOf[n] ?? -1];
      if (job === undefined) throw new Failure('internal', 'an allocation came without its job');
      return { alloc: { ...alloc, metrics: NO_METRICS }, job };
    }),
  };
}
