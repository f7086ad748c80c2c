/**
 * A value as its author wrote it: the same fields as the finished value, each of them optional.
 * The job file's decoder and the HTTP door answer drafts; `canonicalizeJob` makes the finished
 * value of one.
 */
type Primitive = string | number | boolean | bigint | null | undefined;

/** `T` with every field optional, all the way down. Free-form records stay as they are. */
export type Draft<T> = T extends Primitive
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Draft<Item>[]
    : string extends keyof T
      ? DraftRecord<T>
      : { readonly [K in keyof T]?: Draft<T[K]> | undefined };

type DraftRecord<T> = T;
