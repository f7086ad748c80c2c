/** Reads `/proc/PID/stat`. Source: proc(5). */

export interface ProcStat {
  readonly pid: number;
  readonly comm: string;
  /** `R S D Z T ...` */
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** [clock ticks] */
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly threads: number;
  /** After boot [clock ticks]. */
  readonly startTicks: number;
  /** [pages] */
  readonly rssPages: number;
  /** As `waitpid` tells it; of a zombie only, and only to those who may trace it. */
  readonly waitStatus: number;
}

/** Undefined for anything that is no such line. */
export function parseProcStat(text: string): ProcStat | undefined {
  // The name may hold spaces and parentheses; only the last one closes it.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text
    .slice(close + 2)
    .trimEnd()
    .split(' ');
  // Field 3 of the manual is the first after the name.
  const number = (field: number): number => Number(fields[field - 3] ?? Number.NaN);
  const stat = {
    pid: Number(text.slice(0, open)),
    comm: text.slice(open + 1, close),
    state: fields[0] ?? '',
    ppid: number(4),
    pgrp: number(5),
    session: number(6),
    userTicks: number(14),
    systemTicks: number(15),
    threads: number(20),
    startTicks: number(22),
    rssPages: number(24),
    waitStatus: fields.length < 50 ? 0 : number(52),
  };
  return Number.isNaN(stat.rssPages) ? undefined : stat;
}
