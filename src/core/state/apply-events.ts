/** User events: the newest few, in the order in which they were fired. */
import { USER_EVENTS_MAX } from '../limits.ts';
import type { EventFired } from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import { accepted } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { eventKey } from './tables.ts';

export function fireEvent(edit: Edit, { event }: EventFired): Outcome {
  const kept = edit.table('userEvents').valuesFrom('');
  const lTime = (kept.at(-1)?.lTime ?? 0) + 1;
  const row = { ...event, lTime, createIndex: edit.index, modifyIndex: edit.index };
  edit.putPlain('userEvents', row, eventKey(lTime));
  const tooMany = Math.max(0, kept.length + 1 - USER_EVENTS_MAX);
  for (const old of kept.slice(0, tooMany)) edit.deletePlain('userEvents', eventKey(old.lTime));
  return accepted(edit);
}
