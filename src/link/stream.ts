/**
 * One end of a stream of pieces: what came and waits to be read, and what waits to be let out.
 *
 * ST1: what waits to be read is bounded by the credit given for it.
 */
import { Failure } from '../base/failure.ts';

export interface LinkStream {
  /** For one reader; ends with the other side's end. Fails: as the exchange. */
  readonly pieces: AsyncIterable<unknown>;
  /** Resolves once there is room for more. Fails: `canceled` nobody takes it any more. */
  send(piece: unknown): Promise<void>;
}

/** What a stream needs of its session. */
export interface StreamDeps {
  /** Undefined: the exchange is over. */
  credit(): number | undefined;
  send(piece: unknown): void;
  took(): void;
}

export class Stream implements LinkStream {
  readonly #deps: StreamDeps;
  readonly #waiting: unknown[] = [];
  #over: { readonly error?: Failure } | undefined;
  #wakeReader: () => void = () => undefined;
  #writers: (() => void)[] = [];

  constructor(deps: StreamDeps) {
    this.#deps = deps;
  }

  get pieces(): AsyncIterable<unknown> {
    return { [Symbol.asyncIterator]: () => this.#read() };
  }

  async send(piece: unknown): Promise<void> {
    for (;;) {
      const credit = this.#deps.credit();
      if (credit === undefined) throw new Failure('canceled', 'nobody takes it any more');
      if (credit > 0) break;
      await new Promise<void>((resolve) => this.#writers.push(resolve));
    }
    this.#deps.send(piece);
  }

  take(piece: unknown): void {
    this.#waiting.push(piece);
    this.#wakeReader();
  }

  writable(): void {
    this.#wakeWriters();
  }

  /** Nothing more comes. */
  finish(): void {
    this.#over ??= {};
    this.#wakeReader();
    this.#wakeWriters();
  }

  fail(error: Failure): void {
    this.#over ??= { error };
    this.#wakeReader();
    this.#wakeWriters();
  }

  async *#read(): AsyncGenerator {
    for (;;) {
      if (this.#waiting.length > 0) {
        const piece = this.#waiting.shift();
        this.#deps.took();
        yield piece;
      } else if (this.#over !== undefined) {
        if (this.#over.error !== undefined) throw this.#over.error;
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      }
    }
  }

  #wakeWriters(): void {
    for (const wake of this.#writers.splice(0)) wake();
  }
}
