/** The bounds of DNS sockets, each with the reason for its number. */

/** Open TCP connections of one port; a connection costs some 10 KB. */
export const TCP_CONNECTIONS_MAX = 1_024;
/** A connection that neither asks nor is answered is closed [ms]. RFC 7766: a few seconds. */
export const TCP_IDLE_MS = 10_000;
/** Unanswered questions of one connection; then it is not read until one is answered. */
export const TCP_PENDING_MAX = 64;
/** Answers that one connection has not taken [bytes]; then it is not read until it has. */
export const TCP_UNSENT_BYTES_MAX = 256 * 1024;
/** Room for datagrams that come while the loop is busy: 20 ms of 60,000 questions of 100 bytes. */
export const UDP_RECEIVE_BYTES = 1024 * 1024;
/** Tries to find a port that is free for both transports. Few fail, nearly never two in a row. */
export const FREE_PORT_ATTEMPTS = 16;
