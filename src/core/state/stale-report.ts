/**
 * Tells a client's report that was overtaken on its way from one that is news.
 *
 * A task's events are a list that only grows at its end (its beginning is cut off), so of two
 * reports the one whose end the other has already gone past is the older one. No clock is needed.
 *
 * T1: a report is never taken for overtaken by itself: repetitions are.
 */
import type { TaskEvent, TaskState } from '../model/alloc.ts';

type TaskStates = Readonly<Record<string, TaskState>>;

/** True where what is known already goes on after what the report says. */
export function isOvertaken(report: TaskStates, known: TaskStates): boolean {
  return Object.entries(known).some(([task, state]) => {
    return endsEarlier(report[task]?.events ?? [], state.events);
  });
}

/** True where the first list ends somewhere before the end of the second. */
function endsEarlier(report: readonly TaskEvent[], known: readonly TaskEvent[]): boolean {
  const last = report.at(-1);
  if (last === undefined) return known.length > 0;
  const at = known.findLastIndex((event) => isSame(event, last));
  if (at >= 0) return at < known.length - 1;
  const end = known.at(-1);
  if (end === undefined || report.some((event) => isSame(event, end))) return false;
  // Too far apart to share an event.
  return last.at < end.at;
}

function isSame(a: TaskEvent, b: TaskEvent): boolean {
  return a.type === b.type && a.at === b.at && a.displayMessage === b.displayMessage;
}
