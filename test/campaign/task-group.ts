/** What the jobs of the campaign have in common: one group of one task, a plain process. */

/** As the API wants them [ns]. */
export const seconds = (n: number): number => n * 1_000_000_000;

/** @param config of `raw_exec` */
export function taskGroup(count: number, config: object, policies: object = {}): object {
  return {
    ...{ Name: 'g', Count: count, ...policies },
    Tasks: [
      {
        ...{ Name: 't', Driver: 'raw_exec', Config: config },
        Resources: { CPU: 20, MemoryMB: 16 },
      },
    ],
  };
}

/** Begun again where it is so many times within an interval, and placed anew without end. */
export function untilItIsDone(restarts: {
  readonly attempts: number;
  readonly intervalSeconds: number;
  readonly delaySeconds: number;
}): object {
  const { attempts, intervalSeconds, delaySeconds } = restarts;
  const [Interval, Delay] = [seconds(intervalSeconds), seconds(delaySeconds)];
  return {
    RestartPolicy: { Attempts: attempts, Interval, Delay, Mode: 'fail' },
    ReschedulePolicy: { Delay: seconds(5), DelayFunction: 'constant', Unlimited: true },
  };
}
