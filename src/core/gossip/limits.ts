/** Every bound of gossip, each with the reason for its number. */

/** Bytes of one packet as it is put together. Source: memberlist's `UDPBufferSize`. */
export const PACKET_BYTES = 1_400;
/** Bytes of what a compressed message may become; a packet's own limit many times over. */
export const UNPACKED_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes of one message of a stream: the states of `MEMBERS_MAX` members with their tags. */
export const STREAM_BYTES_MAX = 8 * 1024 * 1024;
/** Values inside each other: a list of events in a list of times in a map has five. */
export const MSGPACK_DEPTH_MAX = 12;
/** Messages wrapped in each other: checksum, compression, compound, relay. */
export const WRAP_DEPTH_MAX = 6;
/** Members of one pool; each is some 2 KB with its tags. */
export const MEMBERS_MAX = 20_000;
/** Bytes of a member's name. */
export const MEMBER_NAME_MAX = 512;
/** Bytes of a member's tags. Source: memberlist's `MetaMaxSize`. */
export const TAGS_BYTES_MAX = 512;
/**
 * Members whose addresses are kept on disk. One that answers is enough to find all others again.
 */
export const REMEMBERED_MAX = 1_000;
/** Names of members that were forgotten, which whoever leads next is to tell the catalog of. */
export const MISSING_MAX = 20_000;
/** Messages that wait to be spread, of each kind; more means that a pool is flooded. */
export const BROADCASTS_MAX = 4_096;
/** Lamport times of events and queries that are remembered. Source: Serf's buffers. */
export const LAMPORT_BUFFER = 512;
/** Different events, and queries, of one Lamport time that are remembered. */
export const SAME_TIME_MAX = 64;
/** Bytes of a user event, and of a query. Source: Serf: 512, and 1,024. */
export const EVENT_BYTES_MAX = 512;
export const QUERY_BYTES_MAX = 1_024;
/** Bytes of an answer to a query. Source: Serf's `QueryResponseSizeLimit`. */
export const RESPONSE_BYTES_MAX = 1_024;
/** Own queries that are open at once. */
export const OPEN_QUERIES_MAX = 256;
/** Probes, and relayed probes for others, that wait for their answer. */
export const PENDING_PROBES_MAX = 4_096;
/** Intents of members that are not known yet. */
export const INTENTS_MAX = 4_096;
/** Keys of a ring: one in use, its follower, and a few that are forgotten about. */
export const KEYS_MAX = 16;
/** Dimensions of a coordinate that is taken, see `COORDINATE_DIMENSIONS_MAX`. */
export const DIMENSIONS = 8;
