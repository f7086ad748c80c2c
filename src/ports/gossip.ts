/**
 * Sockets that carry gossip: packets and streams on one port, sealed where there are keys.
 *
 * S1: what is heard was opened with one of the keys; with keys, nothing else is heard.
 * S2: sizes, connections, what waits and how long are bounded by the implementation's limits; a
 *     hostile peer costs its own packet or connection, no more.
 */
import type { Address } from '../core/gossip/address.ts';
import type { KeyRing } from '../core/gossip/key-ring.ts';
import type { StreamMessage } from '../core/gossip/wire/stream.ts';

export interface GossipHearer {
  /** A packet, opened. */
  onPacket(bytes: Uint8Array, from: Address): void;
  /** Somebody asks over a stream; `answer` with this number answers, and ends it. */
  onStream(connection: number, from: Address, message: StreamMessage): void;
  /** Something was dropped: why, for the log. Not told of every packet. */
  onDropped(why: string): void;
}

export interface GossipSettings {
  readonly at: Address;
  /** Told apart from other pools on the same network; empty: not. */
  readonly label: string;
  /** How long a stream may take [ms]. */
  readonly streamTimeoutMs: number;
  /** Asked for each message; the first seals. */
  readonly keys: () => KeyRing;
}

export interface GossipSocket {
  /** Where it listens; packets and streams on the same port. */
  readonly at: Address;
  /** Rejects when it can no longer be listened; otherwise stays pending. */
  readonly failed: Promise<never>;
  /** Sends a packet; whether it arrives is nobody's promise. */
  send(to: Address, bytes: Uint8Array): void;
  /**
   * Asks over a stream.
   * Fails: `unavailable` nobody there; `timeout`; `invalid` what came back; `canceled` the end.
   */
  exchange(to: Address, bytes: Uint8Array): Promise<StreamMessage>;
  /** Answers who asked over a stream; content where that has gone. */
  answer(connection: number, bytes: Uint8Array): void;
  /** Stops listening, ends connections. */
  close(): Promise<void>;
}

export interface GossipSockets {
  /**
   * Listens for packets and streams on one port; 0: a free one.
   * Fails: `conflict` the address is taken; `denied` the port needs a privilege; `invalid` no such
   * address.
   */
  listen(settings: GossipSettings, hearer: GossipHearer): Promise<GossipSocket>;
  /** The addresses of a host's name, or itself where it is one. Fails: `not_found`. */
  resolve(host: string): Promise<readonly string[]>;
}
