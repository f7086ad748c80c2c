/** What became of tasks, on the wire. */
import type { TaskEvent, TaskState } from '../../core/model/alloc.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { bool, instantNs, instantText, int, list, maybe, text, textMap } from '../codec/fields.ts';

export const TASK_EVENT: Shape<TaskEvent> = shape({
  type: text('Type'),
  at: instantNs('Time'),
  message: text('Message'),
  displayMessage: text('DisplayMessage'),
  details: textMap('Details', {}),
  failsTask: bool('FailsTask'),
  exitCode: maybe(int('ExitCode')),
  signal: maybe(int('Signal')),
});

export const TASK_STATE: Shape<TaskState> = shape(
  {
    state: text('State'),
    failed: bool('Failed'),
    restarts: int('Restarts'),
    lastRestartAt: maybe(instantText('LastRestart')),
    startedAt: maybe(instantText('StartedAt')),
    finishedAt: maybe(instantText('FinishedAt')),
    events: list('Events', TASK_EVENT),
  },
  { TaskHandle: null },
);
