import type { IncidentClass } from '../../domain/contract/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** What can open an incident by itself. */
export const signalKinds = [
  'budget',
  'lost-event',
  'duplicate',
  'reconciliation',
  'evidence-log',
  'saga',
  'stuck-offset',
] as const;
export type SignalKind = (typeof signalKinds)[number];

/** The part of a history that a replay would have to read to tell; offsets as decimal text, [from, to). */
export type SuggestedScope = {
  readonly partitions: readonly { readonly partition: number; readonly from: string; readonly to: string }[];
};

/** Something that is wrong, as it was measured. */
export type Signal = {
  readonly kind: SignalKind;
  /** null: it is about Reprise itself, such as its evidence log. */
  readonly contractId: string | null;
  /** One cause has one open incident, however often it is told: `budget:inventory:lag:group:warehouse-projector`. */
  readonly cause: string;
  readonly suggestedClass: IncidentClass;
  /** One sentence, in Reprise's own words: what is wrong. */
  readonly title: string;
  /** Since when, as it was measured. */
  readonly since: Date;
  /**
   * When it was measured, where measurements of one cause may end in another order than they began in: what an older one
   * has found is nothing new then, once a newer one has found the cause over.
   */
  readonly measuredAt?: Date;
  /** Figures with their words, as they are shown: `{ 'time lag': '12 min', partition: '3' }`. */
  readonly facts: Readonly<Record<string, string>>;
  /** A page of Reprise that shows it, such as `/budgets/…`. */
  readonly href: string | null;
  readonly runbook: string | null;
  readonly scope: SuggestedScope | null;
  /** Set where it is over already when it is told: the incident then never says that its cause goes on. */
  readonly over?: Over;
};

/** That a cause is over: when, and what says so. */
export type Over = {
  readonly at: Date;
  readonly sentence: string;
  readonly facts: Readonly<Record<string, string>>;
};

export interface IncidentSignals {
  /** Opens an incident, adds to the one that is open for the cause, or opens one that ended lately again. */
  raise(tx: Transaction, signal: Signal): Promise<{ readonly incidentId: string; readonly isNew: boolean }>;
  /** What caused it is over. A fact of the incident: a person ends it. Nothing where none is open. */
  clear(
    tx: Transaction,
    over: Over & {
      readonly cause: string;
      /** As of a signal: nothing where a newer measurement has found the cause. */
      readonly measuredAt?: Date;
    },
  ): Promise<void>;
}
