/**
 * Versions and ranges of versions, as constraints compare them.
 *
 * Source: https://github.com/hashicorp/go-version, which Nomad's `version` and `semver` operands
 * are defined by. `version` is lenient (`1.2`, `v1.2.3.4`, `1.2.3beta`), `semver` is not.
 */

/** A parsed version. Missing segments are zero. */
export interface Version {
  readonly segments: readonly number[];
  /** How many segments were written: `~>` needs to know. */
  readonly written: number;
  readonly prerelease: string;
}

/** One comparison of a range: all of a range's must hold. */
interface Comparison {
  readonly operator: string;
  readonly version: Version;
}

export type VersionRange = readonly Comparison[];

// Both patterns: numbers, then a prerelease after a dash, then build metadata after a plus.
const BUILD = String.raw`(?:\+[0-9A-Za-z\-~]+(?:\.[0-9A-Za-z\-~]+)*)?`;
const NUMBERED = String.raw`-([0-9]+[0-9A-Za-z\-~]*(?:\.[0-9A-Za-z\-~]+)*)`;
const LETTERED = String.raw`-?([A-Za-z\-~]+[0-9A-Za-z\-~]*(?:\.[0-9A-Za-z\-~]+)*)`;
const LENIENT = new RegExp(`^v?([0-9]+(?:\\.[0-9]+)*?)(?:${NUMBERED}|${LETTERED})?${BUILD}$`);
const STRICT = new RegExp(
  `^v?([0-9]+(?:\\.[0-9]+)*)(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?${BUILD}$`,
);
const COMPARISON = /^\s*(=|!=|>=|<=|>|<|~>|)\s*(\S+)\s*$/;
/** Longer text is no version; the bound keeps the pattern above from being fed novels. */
const VERSION_LENGTH_MAX = 256;

export function parseVersion(text: string, strict: boolean): Version | undefined {
  if (text.length > VERSION_LENGTH_MAX) return undefined;
  const match = (strict ? STRICT : LENIENT).exec(text);
  if (match === null) return undefined;
  const segments = (match[1] ?? '').split('.').map(Number);
  const written = segments.length;
  while (segments.length < 3) segments.push(0);
  return { segments, written, prerelease: match[2] ?? match[3] ?? '' };
}

/** Reads `>= 1.2, < 2`. Undefined where any part of it cannot be understood. */
export function parseRange(text: string, strict: boolean): VersionRange | undefined {
  const range: Comparison[] = [];
  for (const part of text.split(',')) {
    const match = COMPARISON.exec(part);
    const version = match === null ? undefined : parseVersion(match[2] ?? '', strict);
    if (match === null || version === undefined) return undefined;
    // Semver ranges know no `~>`.
    if (strict && match[1] === '~>') return undefined;
    range.push({ operator: match[1] ?? '', version });
  }
  return range;
}

/** True where `version` meets every comparison of the range. */
export function inRange(version: Version, range: VersionRange, strict: boolean): boolean {
  return range.every((comparison) => meets(version, comparison, strict));
}

/** Negative, zero or positive, as sorting functions answer. Build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let i = 0; i < length; i++) {
    const difference = (a.segments[i] ?? 0) - (b.segments[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(a.prerelease, b.prerelease);
}

function meets(
  version: Version,
  { operator, version: wanted }: Comparison,
  strict: boolean,
): boolean {
  const order = compareVersions(version, wanted);
  switch (operator) {
    case '!=':
      return order !== 0;
    case '>':
      return prereleaseAllowed(version, wanted, strict) && order > 0;
    case '>=':
      return prereleaseAllowed(version, wanted, strict) && order >= 0;
    case '<':
      return prereleaseAllowed(version, wanted, strict) && order < 0;
    case '<=':
      return prereleaseAllowed(version, wanted, strict) && order <= 0;
    case '~>':
      return pessimistic(version, wanted);
    default:
      return order === 0;
  }
}

/** A lenient range without a prerelease means releases only; semver compares plainly. */
function prereleaseAllowed(version: Version, wanted: Version, strict: boolean): boolean {
  if (strict || version.prerelease === '') return true;
  if (wanted.prerelease === '') return false;
  return version.segments.join('.') === wanted.segments.join('.');
}

/** `~> 1.2.3` means at least 1.2.3 and below 1.3: all written segments but the last stay. */
function pessimistic(version: Version, wanted: Version): boolean {
  if (!prereleaseAllowed(version, wanted, false)) return false;
  if (wanted.prerelease !== '' && version.prerelease === '') return false;
  if (compareVersions(version, wanted) < 0 || wanted.segments.length > version.segments.length) {
    return false;
  }
  for (let i = 0; i < wanted.written - 1; i++) {
    if (version.segments[i] !== wanted.segments[i]) return false;
  }
  return (version.segments[wanted.written - 1] ?? 0) >= (wanted.segments[wanted.written - 1] ?? 0);
}

/** A release comes after its prereleases; numbers before words; part by part. */
function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = comparePrereleaseParts(left[i], right[i]);
    if (order !== 0) return order;
  }
  return 0;
}

function comparePrereleaseParts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const numbers = [a, b].map((part) => (/^[0-9]+$/.test(part) ? Number(part) : undefined));
  const [x, y] = numbers;
  if (x !== undefined && y !== undefined) return x - y;
  if (x !== undefined) return -1;
  if (y !== undefined) return 1;
  return a < b ? -1 : 1;
}
