/** The bounds of HTTP, each with the reason for its number. */

/** Largest request body. A job of 1,000 groups is some 5 MB; Nomad has no bound and falls over. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** All headers of a request. Node's own default. */
export const HEADER_BYTES_MAX = 16 * 1024;
/** Time to send all headers: a slow sender must not hold a connection for nothing. */
export const HEADERS_MS_MAX = 10_000;
/** Time to send a whole request, body included. 32 MB over a slow line. */
export const REQUEST_MS_MAX = 120_000;
/** How long a connection is kept for a next request; above the common 60 s of balancers. */
export const KEEP_ALIVE_MS = 75_000;
/**
 * How long a server that ends answers as ever: what only asks is answered in far less, unless it
 * waits for a change; and who keeps a connection learns from an answer that it was the last.
 */
export const CLOSING_MS = 250;
/**
 * Open connections of one port: 20,000 parked queries, some 17 KB each, and room for the others.
 */
export const CONNECTIONS_MAX = 40_000;
/** Connections that wait to be accepted: a fleet's clients come back at once after a restart. */
export const BACKLOG_MAX = 4_096;
/** A reader that takes nothing for so long is gone. */
export const STALLED_READER_MS = 300_000;
/** Smaller answers than this are not worth compressing. */
export const GZIP_BYTES_MIN = 1024;
/** Longest WebSocket message; `alloc exec` sends some KB at a time. */
export const SOCKET_MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Unread WebSocket messages, in bytes, above which the peer is made to wait. */
export const SOCKET_BUFFER_BYTES_MAX = 8 * 1024 * 1024;
/** Connections of one caller. A command needs two; a load test says so itself. */
export const CLIENT_CONNECTIONS_MAX = 64;
/** Time to connect; a machine that is there answers in milliseconds. */
export const CONNECT_MS_MAX = 10_000;
