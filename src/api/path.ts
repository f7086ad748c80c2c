/**
 * Paths whose names may hold slashes. A job's id may be anything (`batch/2024/x`), and clients put
 * it into the path as it is: where it ends is told by what may follow it.
 */

/** What follows a job's id, longest first where one ends in another. */
const JOB_SUFFIXES = [
  '/template-rollouts',
  '/periodic/force',
  '/allocations',
  '/evaluations',
  '/deployments',
  '/deployment',
  '/summary',
  '/versions',
  '/submission',
  '/services',
  '/evaluate',
  '/dispatch',
  '/revert',
  '/stable',
  '/scale',
  '/plan',
  '/actions',
  '/action',
] as const;

/** A name of one of its versions. */
const TAG_SUFFIX = /(?<=.)\/versions\/[^/]+\/tag$/;

const JOB = '/v1/job/';

/** Escapes the slashes inside a job's id, so that a router sees one segment. */
export function canonicalPath(path: string): string {
  if (!path.startsWith(JOB)) return path;
  const rest = path.slice(JOB.length);
  const suffix =
    TAG_SUFFIX.exec(rest)?.[0] ??
    JOB_SUFFIXES.find((one) => rest.length > one.length && rest.endsWith(one)) ??
    '';
  const id = rest.slice(0, rest.length - suffix.length);
  return `${JOB}${id.replaceAll('/', '%2F')}${suffix}`;
}
