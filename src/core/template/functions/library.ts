/** All functions that templates may call. `and` and `or` belong to the language itself. */
import type { FunctionTable } from '../function.ts';
import { COLLECTION } from './collection.ts';
import { COMPARE } from './compare.ts';
import { DATA } from './data.ts';
import { ENCODING } from './encoding.ts';
import { GO } from './go.ts';
import { JSON_FUNCTIONS } from './json.ts';
import { MATH } from './math.ts';
import { SCRATCH } from './scratch.ts';
import { SPRIG } from './sprig.ts';
import { TEXT } from './text.ts';
import { WORLD } from './world.ts';

export const TEMPLATE_FUNCTIONS: FunctionTable = new Map([
  ...GO,
  ...COMPARE,
  ...TEXT,
  ...MATH,
  ...COLLECTION,
  ...JSON_FUNCTIONS,
  ...ENCODING,
  ...WORLD,
  ...SCRATCH,
  ...DATA,
  ...SPRIG,
]);
