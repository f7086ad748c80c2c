/** What a DNS message is made of: numbers with names, and the records that are written here. */
import type { Name } from './name.ts';

/** Types of records and questions. Source: RFC 1035, 3596, 2782, 6891. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const CLASS = { IN: 1, ANY: 255 } as const;

export const RCODE = {
  ok: 0,
  malformed: 1,
  serverFailure: 2,
  nameUnknown: 3,
  notImplemented: 4,
  refused: 5,
  /** Of which the OPT record carries the upper bits. */
  badVersion: 16,
} as const;
export type Rcode = (typeof RCODE)[keyof typeof RCODE];

/** One record, class IN. */
export type ResourceRecord = RecordHead & RecordData;

export interface RecordHead {
  /** Whose it is; undefined: of the name that was asked for, as it was spelt. */
  readonly name: Name | undefined;
  /** [s] */
  readonly ttl: number;
  /**
   * What goes into the additional section if this record goes into the message; each record object
   * once.
   */
  readonly glue?: readonly ResourceRecord[];
}

export type RecordData =
  | { readonly type: typeof TYPE.A | typeof TYPE.AAAA; readonly address: Uint8Array }
  | {
      readonly type: typeof TYPE.CNAME | typeof TYPE.NS | typeof TYPE.PTR;
      readonly target: Name;
    }
  | {
      readonly type: typeof TYPE.SRV;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: Name;
    }
  /** Strings of at most 255 bytes each. */
  | { readonly type: typeof TYPE.TXT; readonly strings: readonly Uint8Array[] }
  | {
      readonly type: typeof TYPE.SOA;
      readonly primary: Name;
      readonly mailbox: Name;
      readonly serial: number;
      readonly soa: SoaTimes;
    };

/** How long others may keep and believe the zone [s]. */
export interface SoaTimes {
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long a "there is none" is kept. */
  readonly minTtl: number;
}
