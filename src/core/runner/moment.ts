/**
 * The client's own time: spans and deadlines of what runs on it are judged by that, as the wall
 * clock may be set at any moment.
 *
 * MO1: in one process it runs as the clock does that nobody sets.
 * MO2: from one process to the next, too, as long as the machine stays up.
 * MO3: over a start of the machine it goes on by what the wall clock says has passed, never back.
 * MO4: where nothing is known of it, it begins at the wall clock's instant, of which all is that
 *     earlier builds wrote down.
 */
import type { Millis } from '../../base/brand.ts';

/** An instant as two clocks tell it. */
export interface Moment {
  /** The wall clock's: only for people to read, in events and reports. */
  readonly now: Millis;
  /** The client's own time: what is judged by. */
  readonly steady: Millis;
}

/** What the machine's clocks say. */
export interface Clocks {
  readonly now: Millis;
  /** On the clock that nobody sets [ms]. */
  readonly elapsedMs: number;
  /** Names the start of the machine since which that counts; undefined: nobody knows. */
  readonly bootId: string | undefined;
}

/** An instant of the client's own time, and what the clocks said then; plain data, kept on disk. */
export interface TimeMark extends Omit<Clocks, 'bootId'> {
  readonly bootId?: string | undefined;
  readonly steady: Millis;
}

/**
 * By how much the client's own time is ahead of `elapsedMs`, in this process [ms].
 *
 * @param mark what an earlier process wrote down last; undefined: none did
 */
export function leadOf(mark: TimeMark | undefined, clocks: Clocks): number {
  const { now, elapsedMs } = clocks;
  if (mark === undefined) return now - elapsedMs;
  return mark.steady + passedMs(mark, clocks) - elapsedMs;
}

function passedMs(mark: TimeMark, { now, elapsedMs, bootId }: Clocks): number {
  const isSameBoot = bootId !== undefined && bootId === mark.bootId;
  if (isSameBoot && elapsedMs >= mark.elapsedMs) return elapsedMs - mark.elapsedMs;
  return Math.max(0, now - mark.now);
}
