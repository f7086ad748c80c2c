/** Any JSON value, readonly. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object, readonly. */
export interface JsonObject {
  readonly [key: string]: Json;
}
