/**
 * Where this member stands in the network, learnt from the round trips of its probes.
 *
 * V1: a sample that cannot be (negative, above ten seconds, another number of dimensions, not
 *     finite) changes nothing; a coordinate that becomes invalid begins anew.
 *
 * Source: Vivaldi (Dabek and others 2004), with heights, adjustment and gravity as Serf has them:
 * https://developer.hashicorp.com/consul/docs/architecture/coordinates
 */
import type { Random } from '../../base/random.ts';
import { distance, type Coordinate } from '../model/coordinate.ts';
import { DIMENSIONS, MEMBERS_MAX } from './limits.ts';

const ERROR_MAX = 1.5;
const ERROR_GAIN = 0.25;
const FORCE_GAIN = 0.25;
const ADJUSTMENTS = 20;
const HEIGHT_MIN = 10e-6;
/** Samples of a member whose median is taken. */
const FILTER_SIZE = 3;
const GRAVITY_RHO = 150;
const RTT_SECONDS_MAX = 10;
const NEAR_ZERO = 1e-6;

export const ORIGIN: Coordinate = {
  vec: Array<number>(DIMENSIONS).fill(0),
  error: ERROR_MAX,
  adjustment: 0,
  height: HEIGHT_MIN,
};

export class CoordinateClient {
  readonly #random: Random;
  readonly #samples = new Map<string, number[]>();
  readonly #adjustments: number[] = [];
  #adjusted = 0;
  #at: Coordinate = ORIGIN;

  constructor(random: Random) {
    this.#random = random;
  }

  get coordinate(): Coordinate {
    return this.#at;
  }

  /** Forgets the samples of a member. */
  forget(name: string): void {
    this.#samples.delete(name);
  }

  /** Learns from one round trip. */
  observe(name: string, other: Coordinate, rttMs: number): void {
    const measured = rttMs / 1_000;
    if (!isValid(other) || !(measured >= 0 && measured <= RTT_SECONDS_MAX)) return;
    const rtt = Math.max(NEAR_ZERO, this.#median(name, measured));
    this.#pull(other, rtt);
    this.#adjust(other, rtt);
    const far = distance(ORIGIN, this.#at);
    this.#at = this.#moved(ORIGIN, -((far / GRAVITY_RHO) ** 2));
    if (!isValid(this.#at)) this.#at = ORIGIN;
  }

  #median(name: string, rtt: number): number {
    const known = this.#samples.get(name) ?? [];
    const samples = [...known, rtt].slice(-FILTER_SIZE);
    if (known.length > 0 || this.#samples.size < MEMBERS_MAX) this.#samples.set(name, samples);
    const sorted = samples.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? rtt;
  }

  #pull(other: Coordinate, rtt: number): void {
    const expected = distance(this.#at, other);
    const wrongness = Math.abs(expected - rtt) / rtt;
    const weight = this.#at.error / Math.max(NEAR_ZERO, this.#at.error + other.error);
    const error = ERROR_GAIN * weight * wrongness + this.#at.error * (1 - ERROR_GAIN * weight);
    this.#at = { ...this.#at, error: Math.min(ERROR_MAX, error) };
    this.#at = this.#moved(other, FORCE_GAIN * weight * (rtt - expected));
  }

  #adjust(other: Coordinate, rtt: number): void {
    const plain = distance({ ...this.#at, adjustment: 0 }, { ...other, adjustment: 0 });
    this.#adjustments[this.#adjusted] = rtt - plain;
    this.#adjusted = (this.#adjusted + 1) % ADJUSTMENTS;
    const sum = this.#adjustments.reduce((all, each) => all + each, 0);
    this.#at = { ...this.#at, adjustment: sum / (2 * ADJUSTMENTS) };
  }

  /** Pushed away from another by a force; drawn to it by a negative one. */
  #moved(other: Coordinate, force: number): Coordinate {
    const { vec } = this.#at;
    const away = vec.map((x, i) => x - (other.vec[i] ?? 0));
    const length = Math.hypot(...away);
    const isApart = length > NEAR_ZERO;
    const unit = isApart ? away.map((x) => x / length) : this.#anyDirection();
    const height = isApart
      ? Math.max(HEIGHT_MIN, ((this.#at.height + other.height) * force) / length + this.#at.height)
      : this.#at.height;
    return { ...this.#at, vec: vec.map((x, i) => x + (unit[i] ?? 0) * force), height };
  }

  /** Two in the same place must part, whichever way. */
  #anyDirection(): readonly number[] {
    const drawn = Array.from({ length: DIMENSIONS }, () => this.#random.next() - 0.5);
    const length = Math.hypot(...drawn);
    return length > NEAR_ZERO ? drawn.map((x) => x / length) : [1, ...drawn.slice(1).fill(0)];
  }
}

function isValid({ vec, error, adjustment, height }: Coordinate): boolean {
  return vec.length === DIMENSIONS && [...vec, error, adjustment, height].every(Number.isFinite);
}
