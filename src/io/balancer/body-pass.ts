/** A request's body on its way to a target, as fast as that takes it. */
import { isChunked, type Caller } from './request-text.ts';
import type { TargetConnection } from './target-connection.ts';

export class BodyPass {
  readonly #caller: Caller;
  readonly #connection: TargetConnection;
  readonly #chunked: boolean;
  readonly #begun: () => void;
  #isOver = false;

  /** @param begun called once a byte was read that cannot be read again */
  constructor(caller: Caller, connection: TargetConnection, begun: () => void) {
    this.#caller = caller;
    this.#connection = connection;
    this.#chunked = isChunked(caller);
    this.#begun = begun;
    if (caller.readableEnded) this.#end();
    else {
      caller.on('data', this.#take);
      caller.on('end', this.#end);
      caller.resume();
    }
  }

  /** Reads no more of it: another attempt can take over, if nothing was read. */
  stop(): void {
    this.#isOver = true;
    this.#caller.off('data', this.#take);
    this.#caller.off('end', this.#end);
    this.#caller.pause();
  }

  readonly #take = (piece: Buffer): void => {
    this.#begun();
    if (this.#connection.write(piece, this.#chunked)) return;
    this.#caller.pause();
    this.#connection.onceDrained(() => {
      if (!this.#isOver) this.#caller.resume();
    });
  };

  readonly #end = (): void => {
    this.#isOver = true;
    this.#connection.finish(this.#chunked);
  };
}
