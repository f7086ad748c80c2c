/** The labels by which containers of ours are known. */

/** Nomad's own, so that tools find it. */
export const ALLOC_LABEL = 'com.hashicorp.nomad.alloc_id';
/** On a container that holds a group's network: the node that made it. */
export const NETWORK_LABEL = 'muster.network.node_id';
