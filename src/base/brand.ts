declare const brand: unique symbol;
/** A primitive that cannot be confused with another of the same JavaScript type. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
/** Milliseconds since the Unix epoch. */
export type Millis = Brand<number, 'Millis'>;
/** Position in the replicated log; 1 is the first entry. */
export type Index = Brand<number, 'Index'>;
