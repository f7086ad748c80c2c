/** The bounds of gossip's sockets, each with the reason for its number. */

/** Open connections of one port: whole states are exchanged one at a time, rarely by many. */
export const STREAMS_MAX = 128;
/** Own streams that are open at once. */
export const EXCHANGES_MAX = 64;
/** Room for packets that come while the loop is busy: 20 ms of 50,000 of them. */
export const RECEIVE_BYTES = 2 * 1024 * 1024;
/** Packets that the system has not taken yet [bytes]; more are dropped, as a network would. */
export const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
/** Tries to find a port that is free for both transports. */
export const FREE_PORT_ATTEMPTS = 16;
/** How often it is told that packets are dropped [ms]: a flood must not fill the log. */
export const DROPPED_EVERY_MS = 10_000;
