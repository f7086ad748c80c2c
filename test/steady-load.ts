/** Callers that ask without a pause, and count what was not answered as it should be. */
import { Agent, request } from 'node:http';

export interface Counts {
  ok: number;
  /** What went wrong, by its name. */
  readonly bad: Map<string, number>;
}

export class SteadyLoad implements AsyncDisposable {
  readonly counts: Counts = { ok: 0, bad: new Map() };
  readonly #agent: Agent;
  readonly #url: string;
  readonly #method: string;
  readonly #running: Promise<unknown>;
  #isOver = false;

  /** @param options.pauseMs between two requests of one caller; 0: none */
  constructor(
    url: string,
    options: { readonly callers: number; readonly method?: string; readonly pauseMs?: number },
  ) {
    this.#url = url;
    this.#method = options.method ?? 'GET';
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.callers });
    const callers = Array.from({ length: options.callers }, () => this.#call(options.pauseMs ?? 0));
    this.#running = Promise.all(callers);
  }

  /** Ends it and tells. */
  async stop(): Promise<Counts> {
    this.#isOver = true;
    await this.#running;
    this.#agent.destroy();
    return this.counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #call(pauseMs: number): Promise<void> {
    while (!this.#isOver) {
      const wrong = await this.#one();
      if (wrong === undefined) this.counts.ok += 1;
      else this.counts.bad.set(wrong, (this.counts.bad.get(wrong) ?? 0) + 1);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** What was wrong with it. */
  #one(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const asked = request(this.#url, { agent: this.#agent, method: this.#method }, (reply) => {
        reply.resume();
        // What broke off comes as an error, too.
        reply.on('error', () => undefined);
        reply.on('close', () => {
          if (reply.statusCode !== 200) resolve(`status ${reply.statusCode ?? 0}`);
          else resolve(reply.complete ? undefined : 'broken off');
        });
      });
      asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      asked.end();
    });
  }
}
