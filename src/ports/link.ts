/**
 * Connections between agents that carry frames, whole and in order.
 *
 * LK1: bytes of a frame, and bytes that wait to be sent, are bounded by named limits; a peer that
 *      breaks them, or sends what is no frame, is cut off with words.
 * LK2: after `closed` nothing else is told, and nothing is told before the listener was taken.
 */
import type { Frame } from '../core/link/frame.ts';
import type { Prover } from '../core/link/hello.ts';

/** One connection. */
export interface LinkSocket {
  /** For people: where the other end is. */
  readonly remote: string;
  /** Says who hears from now on. Called once. */
  listen(listener: LinkSocketListener): void;
  /** Queues a frame. Content where the connection is gone. */
  send(frame: Frame): void;
  /** Lets large frames through: the peer has proved itself. */
  trust(): void;
  /** Ends the connection, soon; `closed` follows. */
  close(why: string): void;
}

export interface LinkSocketListener {
  frame(frame: Frame): void;
  /** @param why for people */
  closed(why: string): void;
}

export interface LinkListener {
  readonly host: string;
  readonly port: number;
  /** Takes nobody new, and ends what is open. */
  close(): Promise<void>;
}

export interface LinkSockets {
  /**
   * Connects. Fails: `unavailable` nobody answers there, `invalid` no such address, `canceled` the
   * signal.
   */
  dial(at: LinkAddress, signal: AbortSignal): Promise<LinkSocket>;
  /** Fails: `conflict` the address is taken; `denied`; `invalid` no such address. */
  listen(at: LinkAddress, accept: (socket: LinkSocket) => void): Promise<LinkListener>;
}

export interface LinkAddress {
  readonly host: string;
  /** 0: a free one, where one listens. */
  readonly port: number;
}

/** What of greetings needs secrets and chance. */
export interface LinkKey extends Prover {
  /** Drawn anew each time; not to be guessed. */
  nonce(): string;
}
