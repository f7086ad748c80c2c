/** The bounds of the log in etcd, each with its reason. */
import { CLOCK_DRIFT_MAX, READ_PROOF_MS } from '../../core/limits.ts';

/** One key's value. etcd refuses requests above 1.5 MiB; each is held in memory several times. */
export const BATCH_BYTES_MAX = 1024 * 1024;

/** Applied in one go without yielding, so this also bounds how long the event loop is held. */
export const BATCH_ENTRIES_MAX = 1024;

/** One append; what does not fit into a batch is cut into pieces of that size. */
export const APPEND_BYTES_MAX = 32 * 1024 * 1024;

/** Read at once while catching up: about this much, and so many keys at most. */
export const PAGE_BYTES = 4 * 1024 * 1024;
export const PAGE_BATCHES_MAX = 1024;

/** One attempt to commit: above an election of etcd (500 ms), below what a caller waits for. */
export const ATTEMPT_MS = 2_000;

/** After so long without an answer the callers are told that it is not known. */
export const COMMIT_MS_MAX = 10_000;

/** How often a server looks whether it should lead: a fifth of etcd's time-out for elections. */
export const POLL_MS = 100;

/** A holder that commits nothing shows itself as often: five times before others lose patience. */
export const BEAT_MS = 300;

/** Another server claims the lead within two rounds of looking whether it should. */
export const GIVE_LEAD_MS = 3_000;

/** Who gave the lead away is told soon enough that its answer is still waited for. */
export const GIVE_LEAD_POLL_MS = 20;

/** A lease at somebody else's etcd [s]: as short as etcd's usual timing allows. */
export const LEASE_SECONDS = 5;

/** A slow clock's time is over when a fast one has counted this many times as much. */
const APART_MAX = (1 + CLOCK_DRIFT_MAX) / (1 - CLOCK_DRIFT_MAX);

/** For so long a lease that was kept is there for certain: etcd's clock may run fast, ours slow. */
export const LEASE_SURE_MS = Math.floor((LEASE_SECONDS * 1_000) / APART_MAX);

/**
 * Whoever begins to lead waits so long for the proof of the one before to be over, which that one
 * counts by another clock.
 */
export const CLEAR_MS = Math.ceil(READ_PROOF_MS * APART_MAX);

/** A signal of life that takes longer than this is late anyway. */
export const PROOF_MS = 1_000;

/** Revisions are forgotten after so many: etcd's own advice; readers never need an old one. */
export const COMPACT_REVISIONS = 10_000;

/** How often the store is looked after. */
export const HOUSEKEEPING_MS = 10_000;

/** At least so long between two looks at a full store, in which each member stands still. */
export const RELIEF_MS = 1_000;

/** From this share of etcd's quota on the operator is told. */
export const QUOTA_WARN_SHARE = 0.8;

/** Below this share of its quota a store that was full takes writes again. */
export const QUOTA_ROOM_SHARE = 0.95;

/** A server says at most so often how much it has kept: rarer than a leader says that it lives. */
export const CLAIM_MS = 1_000;

/** Servers that are asked for how much they have kept: many more than ever share a log. */
export const CLAIMS_MAX = 256;

/** Whoever forgets reads what was said and names it; said anew in between, it is read again. */
export const FORGET_TRIES_MAX = 3;

/**
 * So many entries more than are to be left, because too few servers have kept them, are told of:
 * ten times what is left behind a checkpoint, which no server that works is behind by.
 */
export const HELD_BACK_WARN = 100_000;
