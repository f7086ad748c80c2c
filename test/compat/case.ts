/** One request and what is to come back. */
import type { Json } from '../../src/base/json.ts';
import type { Expected } from './match.ts';

/** What is known before the cases run. */
export interface Ids {
  readonly node: string;
  readonly alloc: string;
  readonly evaluation: string;
  readonly deployment: string;
}

export interface Case {
  readonly route: string;
  /** What it shows, where the route's name does not say it. */
  readonly shows?: string;
  readonly method?: string;
  readonly path: (ids: Ids) => string;
  readonly body?: Json;
  /** 200 unless said otherwise. */
  readonly status?: number;
  readonly answer?: Expected;
  readonly text?: RegExp;
  /** The answer carries the index headers. */
  readonly indexed?: boolean;
  /** The answer goes on; its first line is looked at. */
  readonly stream?: boolean;
}
