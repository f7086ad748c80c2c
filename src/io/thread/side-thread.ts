/**
 * A thread beside the event loop, for work on large texts that would hold it up.
 *
 * What goes over is text: a thread's other values are read on arrival, on the event loop, and that
 * takes longer than making them from JSON does (386 KB of a job: 6.8 ms against 2.1).
 *
 * ST1: each question is answered once, or fails: when the thread dies, or thinks for too long.
 * ST2: there is no thread until it is asked, nor long after it was.
 */
import { parentPort, Worker } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { Failure } from '../../base/failure.ts';

/** Longer than the largest body takes on a slow machine; what needs more is given up [ms]. */
const ANSWER_MS_MAX = 60_000;
/** A thread takes 10 MB, a start 30 ms [ms]. */
const IDLE_MS = 30_000;
/** Each holds a text of some megabytes. */
const WAITING_MAX = 16;

interface Question {
  readonly id: number;
  readonly texts: readonly string[];
}

interface Answer {
  readonly id: number;
  readonly text: string;
}

interface Waiting {
  readonly resolve: (text: string) => void;
  readonly reject: (failure: Failure) => void;
  readonly timer: NodeJS.Timeout;
}

export class SideThread {
  readonly #file: string | URL;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  /** @param file a program that calls `answerQuestions` where it is not the main thread */
  constructor(file: string | URL) {
    this.#file = file;
  }

  /** Fails: `exhausted` too many wait, `timeout`, `unavailable` the thread died. */
  ask(...texts: readonly string[]): Promise<string> {
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new Failure('exhausted', 'too many large texts wait to be read'));
    }
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(worker, new Failure('timeout', 'the text takes too long to be read'));
      }, ANSWER_MS_MAX);
      this.#waiting.set(id, { resolve, reject, timer });
      const question: Question = { id, texts };
      worker.postMessage(question);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#file);
    worker.on('message', (answer: Answer) => this.#settle(worker, answer));
    worker.on('error', (cause) => {
      this.#end(
        worker,
        new Failure('unavailable', 'the thread that reads texts failed', { cause }),
      );
    });
    worker.on('exit', () => {
      this.#end(worker, new Failure('unavailable', 'the thread that reads texts ended'));
    });
    // It alone does not keep the process alive; a question does, by its timer.
    worker.unref();
    return worker;
  }

  #settle(worker: Worker, { id, text }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    waiting?.resolve(text);
    if (this.#waiting.size > 0) return;
    const end = (): void => this.#end(worker, new Failure('unavailable', 'nobody asked'));
    this.#idle = setTimeout(end, IDLE_MS).unref();
  }

  /** ST1: whoever waits is told; the next question starts another thread. */
  #end(worker: Worker, failure: Failure): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(failure);
    }
    this.#waiting.clear();
    worker.terminate().catch(() => undefined);
  }
}

/** The thread's part: answers each question, one after another. A throw ends the thread (ST1). */
export function answerQuestions(answer: (...texts: readonly string[]) => string): void {
  const port = parentPort;
  assert(port !== null, 'questions come to threads alone');
  port.on('message', ({ id, texts }: Question) => {
    const answered: Answer = { id, text: answer(...texts) };
    port.postMessage(answered);
  });
}
