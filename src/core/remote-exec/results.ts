/**
 * What is shown of a remote job as its keys appear, and when it is over: nobody knows how many
 * nodes will answer, so that it ends once all has been quiet for a while.
 *
 * RR1: what a node said is shown as whole lines, in the order it was said, before its exit code.
 * RR2: each acknowledgement, piece of output, sign of life and exit code starts the quiet time
 *      anew; it is twice as long while a node that began has not finished.
 * RR3: it succeeded when every node that began has finished with 0.
 *
 * Source: https://developer.hashicorp.com/consul/commands/exec
 */
import { assert } from '../../base/assert.ts';

/** What a key under the place of a job tells, its value not yet read. */
export interface JobAnswer {
  readonly kind: 'ack' | 'output' | 'exit';
  readonly node: string;
  readonly key: string;
}

/** The same with what was read. No bytes of output are a sign of life. */
export type JobNews =
  | Readonly<{ kind: 'ack'; node: string }>
  | Readonly<{ kind: 'output'; node: string; bytes: Uint8Array }>
  | Readonly<{ kind: 'exit'; node: string; code: number }>;

/** A longer line is shown in parts [characters]. */
const LINE_CHARS_MAX = 64 * 1024;
/** While a node is at work, that many quiet times. Source: Consul. */
const WORKING_FACTOR = 2;

const ACK = '/ack';
const EXIT = '/exit';
const OUTPUT = '/out/';
const RANK = { ack: 0, output: 1, exit: 2 } as const;

/**
 * What the keys under a directory tell, in the order in which it is to be shown (RR1): those keys
 * come sorted, and `exit` sorts before `out`. Other keys are left out.
 *
 * @param dir ends with a slash
 */
export function jobAnswers(dir: string, keys: readonly string[]): readonly JobAnswer[] {
  return keys
    .map((key) => answerOf(dir, key))
    .filter((answer) => answer !== undefined)
    .sort((a, b) => RANK[a.kind] - RANK[b.kind]);
}

function answerOf(dir: string, key: string): JobAnswer | undefined {
  if (!key.startsWith(dir)) return undefined;
  const rest = key.slice(dir.length);
  if (rest.endsWith(ACK)) return { kind: 'ack', node: rest.slice(0, -ACK.length), key };
  if (rest.endsWith(EXIT)) return { kind: 'exit', node: rest.slice(0, -EXIT.length), key };
  const at = rest.lastIndexOf(OUTPUT);
  return at < 0 ? undefined : { kind: 'output', node: rest.slice(0, at), key };
}

/** Reads the value of an exit key; undefined: it is none. */
export function exitCodeOf(bytes: Uint8Array): number | undefined {
  const text = new TextDecoder().decode(bytes);
  return /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

export interface ResultsOptions {
  /** [ms]. Above 0. */
  readonly quietMs: number;
  readonly verbose: boolean;
}

/** Gathers what the nodes tell. Instants are of any clock that only grows [ms]. */
export class RemoteResults {
  readonly #options: ResultsOptions;
  readonly #acked = new Set<string>();
  readonly #codes = new Map<string, number>();
  readonly #texts = new Map<string, NodeText>();
  #activeAt: number;

  constructor(options: ResultsOptions, startedAt: number) {
    assert(options.quietMs > 0, 'the quiet time is above 0');
    this.#options = options;
    this.#activeAt = startedAt;
  }

  /** Takes what a node told; answers the lines to show. */
  hear(news: JobNews, at: number): readonly string[] {
    this.#activeAt = at;
    const { node } = news;
    switch (news.kind) {
      case 'ack':
        this.#acked.add(node);
        return this.#aside(node, 'acknowledged');
      case 'output':
        if (news.bytes.length === 0) return this.#aside(node, 'heartbeat received');
        return output(node, this.#textOf(node).take(news.bytes));
      case 'exit':
        this.#codes.set(node, news.code);
        return [
          ...output(node, this.#textOf(node).rest()),
          `==> ${node}: finished with exit code ${news.code}`,
        ];
    }
  }

  /** How long it may stay quiet from now on; 0 or less: it is over (RR2). */
  leftMs(now: number): number {
    const isWorking = this.#acked.size > this.#codes.size;
    const quietMs = this.#options.quietMs * (isWorking ? WORKING_FACTOR : 1);
    return this.#activeAt + quietMs - now;
  }

  /** The last lines: what nodes said that never finished, and how many did. */
  summary(): readonly string[] {
    const left = [...this.#texts].flatMap(([node, text]) => output(node, text.rest()));
    const counts = `${this.#codes.size} / ${this.#acked.size}`;
    return [...left, `${counts} node(s) completed / acknowledged`];
  }

  get succeeded(): boolean {
    const codes = [...this.#codes.values()];
    return codes.every((code) => code === 0) && codes.length >= this.#acked.size;
  }

  #aside(node: string, text: string): readonly string[] {
    return this.#options.verbose ? [`==> ${node}: ${text}`] : [];
  }

  #textOf(node: string): NodeText {
    const known = this.#texts.get(node);
    if (known !== undefined) return known;
    const made = new NodeText();
    this.#texts.set(node, made);
    return made;
  }
}

function output(node: string, lines: readonly string[]): readonly string[] {
  return lines.map((line) => `    ${node}: ${line}`);
}

/** Makes lines of pieces that are cut anywhere, within a character too. */
class NodeText {
  readonly #decoder = new TextDecoder();
  #held = '';

  take(bytes: Uint8Array): readonly string[] {
    const lines = (this.#held + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#held = lines.pop() ?? '';
    if (this.#held.length > LINE_CHARS_MAX) {
      lines.push(this.#held);
      this.#held = '';
    }
    return lines.map(withoutReturn);
  }

  /** What has not ended with a newline. */
  rest(): readonly string[] {
    const line = this.#held + this.#decoder.decode();
    this.#held = '';
    return line === '' ? [] : [withoutReturn(line)];
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
