import type { LedgerFeed } from './contract.ts';

/** What is free on each node; see `createLedger`. */
export type Ledger = LedgerFeed;
