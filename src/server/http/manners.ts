/**
 * What all requests and answers of one API have in common. The two APIs share their machinery
 * (`mount.ts`) and differ in this.
 */
import type { Failure } from '../../base/failure.ts';
import type { RawQuery } from '../../api/query.ts';
import type { AnyRoute } from '../../api/route.ts';
import type { HttpRequest } from '../../ports/http.ts';
import type { Told } from './deps.ts';

/** @typeParam Common what every request may say, as handlers see it */
export interface Manners<Common extends object> {
  /** Fails: `invalid`. */
  common(route: AnyRoute, request: HttpRequest, raw: RawQuery): Common;
  /** The headers that tell of a read. */
  headers(told: Told, common: Common): Readonly<Record<string, string>>;
  /** The answer to a body that makes no sense. */
  badBody(why: string, cause?: unknown): Failure;
}
