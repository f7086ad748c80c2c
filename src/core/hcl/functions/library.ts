/**
 * All functions that job files and agent configurations can call.
 *
 * Source: the HCL2 functions of Nomad's job specification.
 */
import type { FunctionTable } from '../function.ts';
import { COLLECTION } from './collection.ts';
import { CONVERSION } from './conversion.ts';
import { CRYPTO } from './crypto.ts';
import { ENCODING } from './encoding.ts';
import { FILE } from './file.ts';
import { FORMAT } from './format.ts';
import { NETWORK } from './network.ts';
import { NUMERIC } from './numeric.ts';
import { SET } from './set.ts';
import { TEXT } from './text.ts';
import { TIME } from './time.ts';

/** The functions by name. */
export const FUNCTIONS: FunctionTable = new Map(
  Object.entries({
    ...COLLECTION,
    ...CONVERSION,
    ...CRYPTO,
    ...ENCODING,
    ...FILE,
    ...FORMAT,
    ...NETWORK,
    ...NUMERIC,
    ...SET,
    ...TEXT,
    ...TIME,
  }),
);
