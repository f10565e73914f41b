import type { Indicator } from '../../domain/contract/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** Where what spent a budget can be looked at: samples of a group or state, offsets of a topic, or a record. */
export type SpendLink =
  | { readonly kind: 'lag'; readonly subject: string; readonly partition: number | null }
  | { readonly kind: 'record'; readonly topic: string; readonly partition: number; readonly offset: string }
  | { readonly kind: 'sent'; readonly table: string; readonly position: string; readonly eventId: string }
  | { readonly kind: 'saga'; readonly key: string };

/** One thing that spent some of a budget. */
export type Spend = {
  /** Of one thing that goes on the same: what it spends later is added to what stands, and not told anew. */
  readonly cause: string;
  /** In the unit of the reading. */
  readonly amount: number;
  /** In Reprise's own words; no value that was read from a history but ids and keys. */
  readonly sentence: string;
  readonly link: SpendLink;
};

/**
 * What was measured of one indicator over [from, to). Of lag all numbers are milliseconds of time; of all others
 * events, or compensations. `total` holds `bad` and not `unknown`; `unknown` is what could not be measured (of lag
 * alone: nobody knows how many events there were).
 */
export type Reading = {
  readonly contractId: string;
  readonly indicator: Indicator;
  /** Of lag `group:<consumer group>` or `state:<derived state>`; of the others the empty text. */
  readonly subject: string;
  readonly from: Date;
  readonly to: Date;
  readonly total: number;
  readonly bad: number;
  readonly unknown: number;
  readonly spends: readonly Spend[];
};

/** Counts what was measured against the budgets of the contract, in the transaction that keeps the measurement. */
export interface BudgetMeter {
  count(tx: Transaction, readings: readonly Reading[]): Promise<void>;
  /** What was counted and turns out to be none: a lost event that arrived after all. */
  takeBack(
    tx: Transaction,
    spend: {
      readonly contractId: string;
      readonly indicator: Indicator;
      readonly subject: string;
      readonly cause: string;
      readonly sentence: string;
    },
  ): Promise<void>;
}
