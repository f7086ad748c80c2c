/**
 * How good a node is for a placement: several parts, each about -1 to 1, and their mean.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/concepts/scheduling/scheduling; the fit is the
 * "best fit, version 3" of https://www.slideshare.net/liuxl/bestfit-v3.
 */

/** The most that `20 - 10^free cpu - 10^free memory` can give; scales the fit to 0..1. */
const FIT_MAX = 18;

/**
 * How well a node is filled once the ask is on it: 1 where nothing is left over, 0 where it is
 * empty.
 *
 * @param cpuFree share of the node's cpu that stays free, 0..1
 * @param memoryFree likewise
 */
export function packed(cpuFree: number, memoryFree: number): number {
  return clampFit(20 - Math.pow(10, cpuFree) - Math.pow(10, memoryFree)) / FIT_MAX;
}

/** The opposite taste: 1 where the node is empty. */
export function spreadOut(cpuFree: number, memoryFree: number): number {
  return clampFit(Math.pow(10, cpuFree) + Math.pow(10, memoryFree) - 2) / FIT_MAX;
}

/**
 * The penalty for a node that has instances of the same group already: losing it would cost many.
 *
 * @param collisions how many it has, at least 1
 * @param desired how many the group is to have in all
 */
export function crowded(collisions: number, desired: number): number {
  return -(collisions + 1) / Math.max(desired, 1);
}

/** For a node where the instance has failed before. */
export const RESCHEDULE_PENALTY = -1;

function clampFit(fit: number): number {
  return fit < 0 ? 0 : fit > FIT_MAX ? FIT_MAX : fit;
}
