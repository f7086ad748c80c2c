/** Every bound of the core, each with the reason for its number. */

// --- Configuration language (core/hcl) ---

/** In UTF-16 units. The largest job files seen are some 100 kB; 4 Mi parse in under a second. */
export const HCL_SOURCE_MAX = 4 * 1024 * 1024;
/**
 * Blocks and expressions inside each other. People stay below 20; the stack bears ten times this.
 */
export const HCL_DEPTH_MAX = 120;
/** Errors told of one file. Nobody reads more, and each costs the search for its line. */
export const HCL_DIAGNOSTICS_MAX = 100;
/** Expressions evaluated for one file: a second's work, where real files need a few thousand. */
export const HCL_STEPS_MAX = 2_000_000;
/** Characters of all strings made while one file is evaluated; stops `"${a}${a}"` from doubling. */
export const HCL_TEXT_MAX = 32 * 1024 * 1024;
/** Values inside each other: more than the tree's own nesting, as locals can wrap each other. */
export const HCL_VALUE_DEPTH_MAX = 250;
/** Values in one value, shared ones counted each time: `[a, a]` of `[b, b]` of ... doubles. */
export const HCL_VALUE_SIZE_MAX = 200_000;
/** Local values of one job file. They wait for each other, which takes time with their square. */
export const JOB_LOCALS_MAX = 1_000;
/** Elements of all collections made while one file is evaluated; stops products of products. */
export const HCL_ELEMENTS_MAX = 2_000_000;
/** Numbers that one `range` call gives. Source: Nomad's function has the same bound. */
export const HCL_RANGE_MAX = 1_024;
/** Instructions that one regular expression may become; `(a{1000}){1000}` must not fill memory. */
export const REGEX_PROGRAM_MAX = 10_000;
/** Steps of one regular expression search, instructions times characters: part of a second. */
export const REGEX_STEPS_MAX = 20_000_000;

// --- State and entries (core/state) ---

/**
 * Rows of one kind in one entry: a thousand placements apply in some 5 ms, inside the 20 ms budget.
 */
export const PLACEMENTS_PER_ENTRY_MAX = 1_000;
/**
 * Versions of a job kept besides those that allocations still run. Source: Nomad's
 * `JobTrackedVersions`.
 */
export const JOB_VERSIONS_MAX = 6;
/** Events kept of one node. Source: Nomad keeps ten. */
export const NODE_EVENTS_MAX = 10;
/** Scaling events kept of one group. Source: Nomad's `JobTrackedScalingEvents`. */
export const SCALING_EVENTS_MAX = 20;
/**
 * Deleted keys remembered of one table; older watchers are answered at once. 4,096 are some 0.5 MB.
 */
export const TOMBSTONES_MAX = 4_096;
/** Task events kept of one task. Source: Nomad's `DefaultMaxEvents`. */
export const TASK_EVENTS_MAX = 10;

// --- Keeper (core/keeper) ---

/**
 * Bytes of one message between client and keeper: the largest environment that `execve` takes is
 * 2 MiB.
 */
export const KEEPER_FRAME_MAX = 8 * 1024 * 1024;

// --- Deciding (core/scheduler/broker.ts, core/controllers, server) ---

/**
 * A worker that says nothing for so long has died; its evaluation is given to another [ms]. Source:
 * Nomad.
 */
export const EVAL_LEASE_MS = 60_000;
/** Deliveries of an evaluation before it is called failed. Source: Nomad's `EvalDeliveryLimit`. */
export const EVAL_DELIVERIES_MAX = 3;
/**
 * Pause before a failed evaluation is delivered again [ms]: first, and later times. Source: Nomad.
 */
export const EVAL_NACK_DELAYS_MS: readonly number[] = [1_000, 20_000];
/** A failed evaluation is followed by another one after this [ms], so that a fault heals itself. */
export const EVAL_FOLLOW_UP_MS = 60_000;
/** How long a server that schedules waits until its state is as new as an evaluation [ms]. */
export const REPLICA_BEHIND_MS_MAX = 5_000;
/** How long a server of which another asks an evaluation to decide waits for one [ms]. */
export const EVAL_TAKE_MS_MAX = 20_000;
/** How often those are tried again whose plans were refused too often [ms]. Source: Nomad. */
export const BLOCKED_RETRY_MS = 60_000;
/**
 * Attempts to place what was refused before giving up, by whether instances are to run on. Source:
 * Nomad.
 */
export const PLAN_ATTEMPTS_MAX = { service: 5, batch: 2 } as const;
/** Placements of one call of `schedule`: some 5 ms of work, so that the event loop is not held. */
export const SCHEDULE_BUDGET = 500;
/** Names of a job's versions; more is a history that nobody reads. */
export const JOB_TAGS_MAX = 64;
/** Decisions of one simulation: a rollout of ten thousand instances, ten at a time, and more. */
export const SIMULATION_STEPS_MAX = 20_000;
/** Nodes that one simulation may invent: twice the largest cluster that is planned for. */
export const SIMULATION_NODES_MAX = 10_000;

// --- Serving reads and clients (server) ---

/** The longest that a read may block [ms]. Source: Nomad and Consul. */
export const BLOCKING_WAIT_MS_MAX = 600_000;
/** How long a read blocks that does not say [ms]. Source: Nomad and Consul. */
export const BLOCKING_WAIT_MS = 300_000;
/** Parked reads. One costs some 2 KB besides its connection. */
export const PARKED_MAX = 100_000;
/**
 * Changes of a node's allocations that are kept for its client to ask for: more than one node is
 * given between two questions. One costs some 80 bytes.
 */
export const NODE_NEWS_MAX = 2_000;
/** The longest that news for a node wait while many nodes are told some [ms]. */
export const NEWS_SPACING_MS_MAX = 1_000;
/**
 * Entries whose changes are kept for event streams that begin in the past. Source: Nomad keeps 100
 * events.
 */
export const CHANGE_BATCHES_MAX = 256;
/** Changes in all of them: each keeps a row that the state has left behind, some 0.5 KB. */
export const CHANGES_KEPT_MAX = 25_000;
/**
 * Clients' reports wait so long for others to share an entry [ms]. Source: Nomad batches as long.
 */
export const REPORT_BATCH_MS = 50;
/**
 * Heartbeats that all nodes together send in a second; more nodes beat more slowly. Source: Nomad.
 */
export const HEARTBEATS_PER_SECOND = 50;
/** The shortest time between a node's heartbeats [ms]. Source: Nomad's `min_heartbeat_ttl`. */
export const HEARTBEAT_TTL_MS_MIN = 10_000;
/**
 * A node is down when it is silent for so long after its time [ms]. Source: Nomad's
 * `heartbeat_grace`.
 */
export const HEARTBEAT_GRACE_MS = 10_000;
/** What moves with an allocation to another machine at most: more would take hours. */
export const MOVED_DATA_BYTES_MAX = 256 * 1024 ** 3;
/** The same in files, folders and links. */
export const MOVED_DATA_ENTRIES_MAX = 2_000_000;
/** Data of which nothing more arrives for so long does not come any more [ms]. */
export const MOVED_DATA_STALL_MS = 60_000;
/** So often the data is asked for before the task begins without it: links break and come back. */
export const MOVED_DATA_TRIES = 3;
/** How long one question for the predecessor's end stays open [ms]. */
export const PREVIOUS_WAIT_MS = 60_000;
/**
 * So many nodes, and most of all, that are late at once are more likely a fault on the servers'
 * side (a switch, a route) than so many broken machines. Fewer are replaced at once.
 */
export const MASS_SILENCE_NODES_MIN = 5;
/**
 * Then all are waited for so many periods (time to live and grace) longer, a minute by default:
 * within that a switch has started again, and clients have found another way.
 */
export const MASS_SILENCE_PERIODS = 3;
/**
 * Silent nodes that are given up in one append. All are applied in one go, each with whatever runs
 * on it; a whole fleet of 5,000 takes some 160 appends, one after the other.
 */
export const SILENT_NODES_PER_APPEND_MAX = 32;
/**
 * Base64 input of a dispatched job, decoded [bytes]. Source: Nomad's `DispatchPayloadSizeLimit`.
 */
export const DISPATCH_PAYLOAD_BYTES_MAX = 16 * 1024;

// --- Jobs (core/jobspec) ---

/** Instances of one group: ten times the largest benchmark's. More is a slip of the finger. */
export const GROUP_COUNT_MAX = 100_000;
/** Characters of a job's identifier: it is part of keys, paths and names of services. */
export const JOB_NAME_MAX = 128;

// --- Checkpoint (server/checkpointer.ts) ---

/** Rows that lie together on disk. */
export const CHECKPOINT_PART_ROWS = 250;
/** Bytes after which no further row is added to them. */
export const CHECKPOINT_PART_BYTES = 256 * 1024;
/** Up to so many bytes of changes lie beside the whole state [bytes]. */
export const CHECKPOINT_STALE_BYTES = 16 * 1024 * 1024;
/** Or so many times its size; then it is written anew. */
export const CHECKPOINT_STALE_TIMES = 3;
/** Changed rows that make a batch: written in some 10 ms, and holding the event loop for 5. */
export const CHECKPOINT_ROWS = 1_000;
/** Changes wait no longer than this to be kept [ms]: what a restart has to read of the log. */
export const CHECKPOINT_INTERVAL_MS = 1_000;
/** Batches that wait for the disk; beyond that they become one, so that memory stays bounded. */
export const CHECKPOINT_BATCHES_MAX = 64;
/** Entries left in the log behind the checkpoint, for streams and followers that lag. */
export const LOG_ENTRIES_KEPT = 10_000;

/** What operators add to a node's metadata by hand, as JSON [characters]: some hundred keys. */
export const NODE_META_BYTES_MAX = 64 * 1024;
/** A job's file is kept with its version up to this size [bytes]; Nomad's default. */
export const JOB_SOURCE_BYTES_MAX = 1_000_000;

// --- A whole state from another server (link/state-answers.ts, compose/server-state.ts) ---

/** Rows that are encoded at once: one is a job or a key's value, of half a MiB at most. */
export const STATE_GROUP_ROWS = 64;
/** Bytes of so many rows, which the receiver holds. */
export const STATE_GROUP_BYTES_MAX = 64 * 1024 * 1024;
/** States fetched in succession that turned out to be wrong, or too old for the log. */
export const STATE_FETCHES_MAX = 5;

// --- Coordination (keys, sessions, events) ---

/** Bytes of a key: it is part of rows' keys on disk, which lmdb bounds at 1,978 in all. */
export const KV_KEY_BYTES_MAX = 1_024;
/** Bytes of a value. Source: Consul's `kv_max_value_size`. */
export const KV_VALUE_BYTES_MAX = 512 * 1024;
/** Bytes of a transaction's body. Source: Consul's `txn_max_req_len`. */
export const TXN_BYTES_MAX = 512 * 1024;
/** Operations of a transaction. Source: Consul has 64, and 128 in later versions. */
export const TXN_OPS_MAX = 128;
/** Sessions altogether: some 1 KB each, and a timer. A hundred times the largest fleet seen. */
export const SESSIONS_MAX = 100_000;
/** Checks that one session may name. Nobody needs ten; each costs a look-up. */
export const SESSION_CHECKS_MAX = 64;
/** The range of a session's time to live [ms]. Source: Consul. */
export const SESSION_TTL_MS_MIN = 10_000;
export const SESSION_TTL_MS_MAX = 86_400_000;
/** The longest lock-delay; more is cut to it [ms]. Source: Consul. */
export const LOCK_DELAY_MS_MAX = 60_000;
/** Expired keys, and ended sessions, of one entry (see `PLACEMENTS_PER_ENTRY_MAX`). */
export const EXPIRED_PER_ENTRY_MAX = 1_000;
/** Bytes of the rows of a snapshot that is put back: it is one entry, and an append is bounded. */
export const RESTORE_BYTES_MAX = 24 * 1024 * 1024;
/** User events kept. Source: Consul keeps 256. */
export const USER_EVENTS_MAX = 256;
/** Bytes of an event's payload. Source: Consul's gossip carries some 100 to 512. */
export const EVENT_PAYLOAD_BYTES_MAX = 512;
/** Characters of an event's name, and of each expression that says who hears it. */
export const EVENT_TEXT_MAX = 128;

/** Bytes of all keys and values of a variable. Source: Nomad's `maxVariableSize`. */
export const VARIABLE_BYTES_MAX = 64 * 1024;

// --- Health checks and registrations (core/checks, core/registration, registrar) ---

/** Checks that one agent runs at once: a probe is a socket or a process and some 20 KB. */
export const CHECKS_RUNNING_MAX = 128;
/** Commands among them: each is a process, which weighs more than all sockets together. */
export const SCRIPT_CHECKS_RUNNING_MAX = 16;
/** The shortest interval of a check [ms]. Source: Consul's minimum. */
export const CHECK_INTERVAL_MS_MIN = 1_000;
/** The shortest time after which a critical instance is deregistered [ms]. Source: Consul. */
export const DEREGISTER_CRITICAL_MS_MIN = 60_000;
/** Bytes of a check's output kept where nobody says otherwise. Source: Consul. */
export const CHECK_OUTPUT_BYTES = 4_096;
/** The most that anybody may ask for: a catalog of 5,000 checks must stay below a gigabyte. */
export const CHECK_OUTPUT_BYTES_MAX = 128 * 1024;
/** Instances, and checks, of one agent. Ten times what a machine runs. */
export const LOCAL_ROWS_MAX = 20_000;
/** Rows told to the servers in one entry: small enough to apply within a few milliseconds. */
export const SYNC_ROWS_MAX = 500;
/** Metadata of an instance or node: pairs, bytes of a key, of a value. Source: Consul. */
export const META_PAIRS_MAX = 64;
export const META_KEY_MAX = 128;
export const META_VALUE_MAX = 512;

// --- The catalog ---

/** Bytes of a node's, service's or check's name or id: two make a key (`KV_KEY_BYTES_MAX`). */
export const CATALOG_NAME_BYTES_MAX = 512;
/** Bytes of a registration, or of a prepared query: hundreds of rows with long outputs. */
export const CATALOG_BODY_BYTES_MAX = 1024 * 1024;
/** Answers kept encoded, and their bytes: what the busiest clients ask for, not a second state. */
export const KEPT_ANSWERS_MAX = 2_000;
export const KEPT_ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** Dimensions of a network coordinate. Source: Serf has eight. */
export const COORDINATE_DIMENSIONS_MAX = 8;

// --- Templates (core/template) ---

/** In UTF-16 units. The largest templates seen are some 50 kB. */
export const TEMPLATE_SOURCE_MAX = 1024 * 1024;
/** Actions and parentheses inside each other: people stay below 10; the stack bears this many. */
export const TEMPLATE_NESTING_MAX = 200;
/**
 * Blocks, parentheses and templates that a rendering is inside of at once, recursion counted: a
 * walk over a tree of keys takes some 30. The stack bears four times this.
 */
export const TEMPLATE_DEPTH_MAX = 400;
/** Lists and maps inside each other where a value is printed or encoded. */
export const TEMPLATE_VALUE_DEPTH_MAX = 100;
/**
 * Nodes and elements visited by one rendering: 200 services of 50 instances take 200,000; this many
 * take a second.
 */
export const TEMPLATE_STEPS_MAX = 5_000_000;
/** Characters that one rendering may make, in output and in values: more fills memory. */
export const TEMPLATE_TEXT_MAX = 64 * 1024 * 1024;
/** Elements of a list that a function makes (`loop`). */
export const TEMPLATE_ELEMENTS_MAX = 1_000_000;

// --- Artifacts (core/artifact, io/artifact) ---

/** Bytes of one download. Source: Nomad's `artifact { http_max_size }`. */
export const ARTIFACT_BYTES_MAX = 100 * 1024 ** 3;
/** Bytes that an archive may become. Source: Nomad's `decompression_size_limit`. */
export const ARTIFACT_UNPACKED_BYTES_MAX = 100 * 1024 ** 3;
/** Entries of an archive: a whole source tree with its history has some 100,000 files. */
export const ARTIFACT_ENTRIES_MAX = 200_000;
/**
 * An archive may become so many times as large as it came, beyond its first `ARTIFACT_FREE_BYTES`:
 * real ones stay below 100, bombs are at 1,000 and more.
 */
export const ARTIFACT_RATIO_MAX = 200;
export const ARTIFACT_FREE_BYTES = 64 * 1024 * 1024;
/** Bytes of fetched files kept for the next task: a handful of what machines run. */
export const ARTIFACT_CACHE_BYTES_MAX = 2 * 1024 ** 3;
/** Bytes of one part of a path, and of all of it. Source: Linux. */
export const FILE_NAME_BYTES_MAX = 255;
export const PATH_BYTES_MAX = 4_095;
/** Bytes of a list of checksums. */
export const CHECKSUM_LIST_BYTES_MAX = 1024 * 1024;
/**
 * For so long a client waits for allocations that were evicted for another [ms]: `kill_timeout` is
 * 30 s at most unless the operator says otherwise, shutdown delays and poststop tasks come on top.
 */
export const PREEMPTED_WAIT_MS_MAX = 600_000;
/** A rendered file that could not be written is tried again after this [ms]. */
export const TEMPLATE_WRITE_RETRY_MS = 5_000;
/** How long one blocking query of a template waits [ms]. Source: consul-template. */
export const TEMPLATE_WAIT_MS = 60_000;
/** What cannot block is asked again after this [ms]. Source: consul-template. */
export const TEMPLATE_POLL_MS = 15_000;
/**
 * Pauses before a query that failed is sent again [ms]: the first, doubled up to the last. Source:
 * consul-template.
 */
export const TEMPLATE_BACKOFF_MS = { first: 250, most: 60_000 } as const;

// --- The agent link (core/link, link, io/link) ---

/**
 * Bytes of one frame between agents: as large as a request's body may be, and what surrounds it.
 */
export const LINK_FRAME_BYTES_MAX = 33 * 1024 * 1024;
/** Bytes of a frame before its sender has proved itself. A greeting is some 500. */
export const LINK_HELLO_BYTES_MAX = 8 * 1024;
/** Bytes of one piece of a stream, with what surrounds it. */
export const LINK_DATA_BYTES_MAX = 128 * 1024;
/** Bytes that a sender puts into one piece: fewer than the bound, more than a pipe holds. */
export const LINK_PIECE_BYTES = 64 * 1024;
/** Pieces that may be under way in one direction of a stream: 1 MiB fills a gigabit at 8 ms. */
export const LINK_CREDIT = 16;
/** Exchanges that a client may have open with one server: as many parked queries as it forwards. */
export const LINK_CLIENT_CALLS_MAX = 4_096;
/** The same between servers: the parked queries of all who ask a follower. */
export const LINK_SERVER_CALLS_MAX = 50_000;
/** Characters of names in frames: methods, regions, addresses. */
export const LINK_TEXT_MAX = 512;
/** A silent peer is asked whether it lives after this [ms]. */
export const LINK_PING_MS = 5_000;
/** A peer that said nothing for so long, asked twice meanwhile, is gone [ms]. */
export const LINK_DEAD_MS = 15_000;
/** Between servers, where writes wait for who is gone [ms]. */
export const LINK_SERVER_PING_MS = 500;
export const LINK_SERVER_DEAD_MS = 2_000;
/** Greetings and proofs are exchanged within this, or the connection is given up [ms]. */
export const LINK_HANDSHAKE_MS_MAX = 10_000;
/** Sessions of one server: twice the clients of the largest region planned for. */
export const LINK_SESSIONS_MAX = 10_000;
/** Connections that have not proved themselves yet: a fleet that comes back, at once. */
export const LINK_STRANGERS_MAX = 1_024;
/** Bytes that wait for one peer to take them; one that is slower than this is let go. */
export const LINK_SEND_BYTES_MAX = 96 * 1024 * 1024;
/** Pauses before an agent is dialled again [ms]: the first, doubled up to the last. */
export const LINK_REDIAL_MS = { first: 100, most: 5_000 } as const;
/** Addresses of servers that an agent keeps: a region has three, five or seven. */
export const LINK_SERVERS_MAX = 64;
/** Regions that a server keeps a way to, and datacenters that one may tell of: more is wrong. */
export const REGIONS_MAX = 256;
export const DATACENTERS_MAX = 1_024;
/** A forwarded request's body that goes with its head [bytes]. */
export const FORWARD_INLINE_BYTES = 64 * 1024;
/** A forwarded request's body at all [bytes]: what a door lets in (`io/http/limits.ts`). */
export const FORWARD_BODY_BYTES_MAX = 32 * 1024 * 1024;
/** An answer that goes as one frame; larger ones go in pieces, so that others are not kept. */
export const FORWARD_WHOLE_BYTES = 1024 * 1024;
/** Characters of a forwarded WebSocket message: what a door lets in. */
export const FORWARD_TEXT_MAX = 4 * 1024 * 1024;
/** A read that is not to be old needs a leader that was certain of itself so recently [ms]. */
export const READ_PROOF_MS = 500;
/**
 * A machine's clock runs fast or slow by at most this share of the time. Quartz is wrong by less
 * than a thousandth of that, but a virtual machine under load is not driven by quartz.
 */
export const CLOCK_DRIFT_MAX = 0.05;
