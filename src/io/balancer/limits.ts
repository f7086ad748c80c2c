/** The bounds of the balancer's sockets, each with the reason for its number. */

/** All headers of a message. Twice Node's default: cookies and tokens add up behind a balancer. */
export const HEADER_BYTES_MAX = 32 * 1024;
/** Time to send all headers: a slow sender must not hold a connection for nothing [ms]. */
export const HEADERS_MS_MAX = 10_000;
/** How long a caller's connection is kept for its next request; above the usual 60 s [ms]. */
export const CALLER_IDLE_MS = 75_000;
/**
 * The same towards targets: below the 5 s of Node's servers, the shortest that is usual, so that a
 * request does not meet a connection that is being closed [ms].
 */
export const TARGET_IDLE_MS = 4_000;
/** Longest that is kept where a target says it keeps longer [ms]. */
export const TARGET_IDLE_MS_MAX = 60_000;
/** What is taken off where a target says how long it keeps: both clocks and the way [ms]. */
export const TARGET_IDLE_MARGIN_MS = 1_000;
/** Open connections of one port; each costs some 10 KB. */
export const CONNECTIONS_MAX = 40_000;
/** Connections that wait to be accepted. */
export const BACKLOG_MAX = 4_096;
/** How often what became idle is closed while the listener ends [ms]. */
export const CLOSING_LOOK_MS = 50;
/** Streams of one HTTP/2 connection. */
export const STREAMS_MAX = 250;
/** Time for a TLS caller to say which server it wants [ms]. */
export const HELLO_MS_MAX = 5_000;
/** Bytes in which it must have said so: the largest TLS record. */
export const HELLO_BYTES_MAX = 16_389;
/** Interim answers (`100 Continue`, `103 Early Hints`) before the one that counts. */
export const INTERIM_MAX = 16;
/** Requests that wait for a connection to one target; each also holds its caller's. */
export const WAITING_MAX = 10_000;
/** How often waits are looked at: an eighth of the shortest, between these [ms]. */
export const LOOK_MS_MIN = 25;
export const LOOK_MS_MAX = 250;
/** What one read of a target's connection takes at most. */
export const READ_BYTES = 64 * 1024;
/**
 * A read of a target's connection up to this is taken as text, and goes on in one piece: one call
 * of the system instead of two, or of a dearer one [bytes].
 */
export const TEXT_BYTES_MAX = 16 * 1024;
