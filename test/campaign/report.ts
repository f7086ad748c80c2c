/** What a campaign has to tell: each round in a line, then all of them in two tables. */
import { tellFault, type FaultKind, type Round } from './schedule.ts';
import type { Told } from './rounds.ts';

interface KindTold {
  times: number;
  pausesMs: number[];
  settledMs: number[];
}

const COUNTS = [
  ...(['operations', 'holdings', 'wakes', 'acknowledged', 'rollouts', 'pieces'] as const),
];

export class Report {
  passed = 0;
  failed = 0;
  readonly #seed: string;
  readonly #kinds = new Map<FaultKind, KindTold>();
  readonly #sums = {
    ...{ rounds: 0, operations: 0, holdings: 0, wakes: 0, acknowledged: 0 },
    ...{ rollouts: 0, pieces: 0 },
  };
  readonly #wrong: string[] = [];
  readonly #whole: string[] = [];

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Takes a round over, and tells it in a line and what was wrong. */
  add(round: Round, told: Told): string {
    const sums = this.#sums;
    sums.rounds += 1;
    for (const what of COUNTS) sums[what] += told[what];
    for (const { kind } of round.faults) {
      const known = this.#kinds.get(kind) ?? { times: 0, pausesMs: [], settledMs: [] };
      known.times += 1;
      // Of several faults nobody can tell whose pause it was.
      if (round.faults.length === 1) {
        known.pausesMs.push(told.pauseMs);
        known.settledMs.push(told.settledMs);
      }
      this.#kinds.set(kind, known);
    }
    const bad = told.verdicts.filter(([, wrong]) => wrong.length > 0);
    this.failed += bad.length;
    this.passed += told.verdicts.length - bad.length;
    const lines = bad.flatMap(([what, wrong]) => [
      `not so: ${what}`,
      ...wrong.slice(0, 5).map((line) => `  ${line.slice(0, 2_000)}`),
    ]);
    const line = [
      `round ${round.number}: ${round.faults.map(tellFault).join(', ')}:`,
      `${told.acknowledged} writes, ${told.operations} operations, ${told.holdings} holdings,`,
      `${told.wakes} wakes; writes paused ${seconds(told.pauseMs)},`,
      `settled in ${seconds(told.settledMs)}`,
    ].join(' ');
    if (lines.length > 0) this.#wrong.push(line, ...lines);
    for (const [what, wrong] of bad) this.#whole.push(line, what, ...wrong);
    return [line, ...lines].join('\n');
  }

  /** All that was wrong, to its last word. */
  get wrong(): string {
    return this.#whole.join('\n');
  }

  /** The campaign itself could not go on. */
  broke(error: unknown): void {
    this.failed += 1;
    this.#wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  text(): string {
    const { rounds, operations, holdings, wakes, acknowledged, rollouts, pieces } = this.#sums;
    const rows = [...this.#kinds]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([kind, told]) => {
        const [pause, settled] = [told.pausesMs, told.settledMs].map((all) =>
          all.length === 0 ? '' : seconds(Math.max(...all)),
        );
        return `| ${kind} | ${told.times} | ${pause ?? ''} | ${settled ?? ''} |`;
      });
    return [
      `Campaign with seed ${this.#seed}: ${rounds} rounds.`,
      '',
      '| fault | times | writes paused at most | settled within |',
      '|---|---|---|---|',
      ...rows,
      '',
      `Judged: ${acknowledged} acknowledged writes, ${operations} operations on keys,`,
      `${holdings} holdings of a lock, ${wakes} wakes of watchers, ${rollouts} rollouts,`,
      `${pieces} pieces of batch work.`,
      ...(this.#wrong.length === 0 ? ['Nothing was wrong.'] : ['', 'What was wrong:', '']),
      ...this.#wrong,
      '',
    ].join('\n');
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
