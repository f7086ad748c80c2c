/** What the monitors share: how their lines look, how long they wait, when they stop. */
import { Failure } from '../../base/failure.ts';
import { timestamp } from '../format/time.ts';
import type { World } from '../world.ts';

/** How long one blocking query waits [ms]: rare on the wire, and short of what proxies cut off. */
export const WAIT_MS = 60_000;

/** A headline of the monitor. */
export function headline(world: World, text: string): void {
  world.out(`==> ${timestamp(world.now())}: ${text}\n`);
}

/** A remark under it. */
export function remark(world: World, text: string): void {
  world.out(`    ${timestamp(world.now())}: ${text}\n`);
}

/** Fails with `canceled` once the person at the terminal has had enough. */
export function goOn(world: World): void {
  if (world.signal.aborted) throw new Failure('canceled', 'interrupted');
}
