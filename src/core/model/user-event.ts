/**
 * Events that people fire for watchers and agents to react to.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/event
 */
import type { Index } from '../../base/brand.ts';

export interface UserEventFacts {
  /** A UUID drawn at the edge. */
  readonly id: string;
  readonly name: string;
  /** Base64, at most `EVENT_PAYLOAD_MAX` bytes decoded; empty: none. */
  readonly payload: string;
  /** Regular expressions that limit who hears it; empty: everyone. */
  readonly nodeFilter: string;
  readonly serviceFilter: string;
  readonly tagFilter: string;
}

export interface UserEvent extends UserEventFacts {
  /** Counts the events: a Lamport time as clients see it. */
  readonly lTime: number;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}
