/** How a task's output is kept, on the wire. */
import type { LogConfig } from '../../core/model/resources.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, int } from '../codec/fields.ts';

export const LOG_CONFIG: Shape<LogConfig> = shape({
  maxFiles: int('MaxFiles', null),
  maxFileSizeMb: int('MaxFileSizeMB', null),
  disabled: bool('Disabled', OMIT),
});
