/**
 * What templates need of the world beyond the answers to their queries, given by whoever renders.
 * All of it is synchronous; a function whose member is absent says that it is not available here.
 */

export type TemplateHost = Readonly<{
  /** The time of this rendering [ms since 1970]; `timestamp` tells it. */
  now: number;
  /** Variables that `env` reads. */
  env: Readonly<Record<string, string | undefined>>;
  /** The digest of some bytes. */
  hash?: (algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512', bytes: Uint8Array) => Uint8Array;
  /** Addresses of this machine, in the order of its interfaces; `sockaddr` reads them. */
  addresses?: () => readonly HostAddress[];
}>;

export type HostAddress = Readonly<{ interface: string; address: string; loopback: boolean }>;
