/**
 * The difference between two versions of a job, as `plan` and `job history -p` print it.
 *
 * D1: markers line up: a line without one is indented by the longest marker of its siblings.
 * D2: a group or task that was added or removed whole shows no fields unless asked to.
 */
import type { DiffType, FieldDiff, ObjectDiff } from '../../api/nomad/diff-object.ts';
import type { JobDiff, TaskDiff, TaskGroupDiff } from '../../api/nomad/job-diff.ts';
import type { Paint } from './paint.ts';

/** Renders a whole job; ends with a newline. */
export function jobDiff(diff: JobDiff, paint: Paint, verbose: boolean): string {
  const groups = diff.TaskGroups ?? [];
  const longest = Math.max(longestMarker(diff), ...groups.map((g) => MARKERS[g.Type].length));
  let out = `${marker(diff.Type, paint)}${paint.bold(`Job: "${diff.ID}"`)}\n`;
  if (diff.Type === 'Edited' || verbose) {
    const body = fieldsAndObjects(diff, 0, longest, paint);
    if (body !== '') out += `${body}\n`;
  }
  for (const group of groups) {
    out += `${groupDiff(group, longest - MARKERS[group.Type].length, paint, verbose)}\n`;
  }
  return out;
}

const MARKERS: Readonly<Record<DiffType, string>> = {
  None: '',
  Added: '+ ',
  Deleted: '- ',
  Edited: '+/- ',
};

function marker(type: DiffType, paint: Paint): string {
  switch (type) {
    case 'None':
      return '';
    case 'Added':
      return paint.green(MARKERS.Added);
    case 'Deleted':
      return paint.red(MARKERS.Deleted);
    case 'Edited':
      return paint.yellow(MARKERS.Edited);
  }
}

function groupDiff(diff: TaskGroupDiff, pad: number, paint: Paint, verbose: boolean): string {
  const updates = Object.entries(diff.Updates ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, count]) => paintUpdate(`${count} ${what}`, what, paint));
  const counted = updates.length === 0 ? '' : ` (${updates.join(', ')})`;
  const title = paint.bold(`Task Group: "${diff.Name}"`);
  let out = `${marker(diff.Type, paint)}${' '.repeat(pad)}${title}${counted}\n`;
  const tasks = diff.Tasks ?? [];
  const longest = Math.max(longestMarker(diff), ...tasks.map((t) => MARKERS[t.Type].length));
  const start = pad + 2;
  if (diff.Type === 'Edited' || verbose) {
    const body = fieldsAndObjects(diff, start, longest, paint);
    if (body !== '') out += `${body}\n`;
  }
  return (
    out +
    tasks
      .map((task) =>
        taskDiff(task, { start, pad: longest - MARKERS[task.Type].length }, paint, verbose),
      )
      .join('\n')
  );
}

function taskDiff(
  diff: TaskDiff,
  at: { readonly start: number; readonly pad: number },
  paint: Paint,
  verbose: boolean,
): string {
  const notes = diff.Annotations ?? [];
  const noted =
    notes.length === 0 ? '' : ` (${notes.map((n) => paintUpdate(n, n, paint)).join(', ')})`;
  const title = paint.bold(`Task: "${diff.Name}"`);
  const line = `${' '.repeat(at.start)}${marker(diff.Type, paint)}${' '.repeat(at.pad)}${title}${noted}`;
  const whole = diff.Type === 'Added' || diff.Type === 'Deleted';
  if (diff.Type === 'None' || (whole && !verbose)) return line;
  const body = fieldsAndObjects(diff, at.start + 2, longestMarker(diff), paint);
  return body === '' ? line : `${line}\n${body}`;
}

type Body = Pick<ObjectDiff, 'Fields' | 'Objects'>;

function fieldsAndObjects(diff: Body, start: number, longest: number, paint: Paint): string {
  const fields = diff.Fields ?? [];
  const name = Math.max(0, ...fields.map((f) => f.Name.length));
  return [
    ...fields.map((f) => fieldDiff(f, ' '.repeat(start), { longest, name }, paint)),
    ...(diff.Objects ?? []).map((o) =>
      objectDiff(o, start, longest - MARKERS[o.Type].length, paint),
    ),
  ].join('\n');
}

function fieldDiff(
  diff: FieldDiff,
  start: string,
  widths: { readonly longest: number; readonly name: number },
  paint: Paint,
): string {
  const pad = ' '.repeat(widths.longest - MARKERS[diff.Type].length);
  const gap = ' '.repeat(widths.name - diff.Name.length);
  const notes = diff.Annotations ?? [];
  const noted =
    notes.length === 0 ? '' : ` (${notes.map((n) => paintUpdate(n, n, paint)).join(', ')})`;
  return `${start}${marker(diff.Type, paint)}${pad}${diff.Name}: ${gap}${change(diff)}${noted}`;
}

function change(diff: FieldDiff): string {
  switch (diff.Type) {
    case 'Added':
    case 'None':
      return JSON.stringify(diff.New);
    case 'Deleted':
      return JSON.stringify(diff.Old);
    case 'Edited':
      return `${JSON.stringify(diff.Old)} => ${JSON.stringify(diff.New)}`;
  }
}

function objectDiff(diff: ObjectDiff, start: number, pad: number, paint: Paint): string {
  const open = `${' '.repeat(start)}${marker(diff.Type, paint)}${' '.repeat(pad)}${diff.Name} {`;
  const body = fieldsAndObjects(diff, start + pad + 2, longestMarker(diff), paint);
  const close = `${' '.repeat(start + MARKERS[diff.Type].length + pad)}}`;
  return [open, ...(body === '' ? [] : [body]), close].join('\n');
}

function longestMarker(diff: Body): number {
  return Math.max(
    0,
    ...[...(diff.Fields ?? []), ...(diff.Objects ?? [])].map((d) => MARKERS[d.Type].length),
  );
}

function paintUpdate(text: string, what: string, paint: Paint): string {
  if (/destroy|stop|preempt/.test(what)) return paint.red(text);
  if (/in-place|ignore|forces none/.test(what)) return paint.cyan(text);
  return paint.green(text);
}
