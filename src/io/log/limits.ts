/** The bounds of the embedded log, each with its reason. */

/** A file is deleted as a whole, so this is the grain of compaction; 64 MiB scans in 0.1 s. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

/**
 * Zeros written ahead of the log. Overwriting them changes no metadata, which halves the cost of
 * fdatasync; and they are the reserve that small writes live on when somebody else fills the disk.
 * More would make the one commit that lays them out noticeably slow.
 */
export const PREALLOCATE_BYTES = 1024 * 1024;

/** One append. An entry holds at most 1,000 placements, far below this; a frame must fit memory. */
export const APPEND_BYTES_MAX = 32 * 1024 * 1024;

/** One group commit. Larger groups gain nothing and make the first in line wait for the last. */
export const GROUP_BYTES_MAX = 4 * 1024 * 1024;

/** Applied in one go without yielding, so this also bounds how long the event loop is held. */
export const GROUP_ENTRIES_MAX = 1024;

/** What may wait for the disk before further appends are refused. */
export const WAITING_BYTES_MAX = 128 * 1024 * 1024;

/** Read at once while scanning. */
export const READ_BYTES = 1024 * 1024;
