import type { Millis } from './brand.ts';

/** What a machine decided: its next state, what the edge must do, and when to ask it again. */
export type Turn<State, Effect> = Readonly<{
  state: State;
  effects: readonly Effect[];
  wakeAt?: Millis;
}>;
