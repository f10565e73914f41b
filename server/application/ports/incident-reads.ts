import type { IncidentClass } from '../../domain/contract/index.ts';
import type { EntryKind, IncidentAct, IncidentKind, IncidentStatus } from '../../domain/incident/index.ts';
import type { Page } from '../views.ts';
import type { PageRequest } from './dashboard.ts';
import type { SuggestedScope } from './incident-signals.ts';
import type { IncidentRow } from './incidents.ts';
import type { Transaction } from './unit-of-work.ts';

/** An incident as a list shows it. Times ISO 8601, people ids. */
/** What is open: how many, how many of these nobody has acknowledged, and the most urgent. */
export type OpenIncidents = {
  readonly count: number;
  readonly unacknowledged: number;
  readonly rows: readonly IncidentSummary[];
};

export type IncidentSummary = {
  readonly id: string;
  readonly kind: IncidentKind;
  readonly contractId: string | null;
  readonly class: IncidentClass;
  readonly status: IncidentStatus;
  readonly isOpen: boolean;
  readonly title: string;
  readonly beganAt: string;
  readonly openedAt: string;
  readonly respondBy: string;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly assignee: string | null;
  readonly clearedAt: string | null;
  readonly recoveredAt: string | null;
  readonly reopened: number;
};

export type EntryView = {
  readonly id: string;
  readonly kind: EntryKind;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly actor: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly link: string | null;
  readonly evidenceId: string | null;
  readonly replayId: string | null;
  readonly promotionId: string | null;
  readonly fileId: string | null;
  readonly corrects: string | null;
  readonly starred: boolean;
};

export type LinkedRecord = {
  readonly evidenceId: string;
  readonly contractId: string;
  readonly kind: string;
  readonly status: string;
  readonly confidence: string | null;
  readonly agreement: string | null;
  readonly coverage: string | null;
  readonly recordedAt: string;
  readonly measuredAt: string;
  readonly linkedBy: string;
  /** Why it does not prove that the incident is over; null: it does. */
  readonly whyNoProof: string | null;
};

/** A page of the timeline, and where the page before it is; null: it is the first. */
export type Timeline = { readonly lines: readonly EntryView[]; readonly earlier: string | null };

export type IncidentView = IncidentSummary & {
  readonly cause: string;
  readonly classSaidBy: string | null;
  readonly openedBy: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly href: string | null;
  readonly runbook: string | null;
  readonly scope: SuggestedScope | null;
  /** When the next person is asked. */
  readonly escalateAt: string | null;
  readonly asked: readonly string[];
  readonly told: number;
  readonly recoveryEvidenceId: string | null;
  readonly recoveryReason: string | null;
  /** What may be done to it now, besides notes and the like. */
  readonly acts: readonly IncidentAct[];
  /** Why nobody can say that it is over, or give it another class; null: people with the right can. */
  readonly whyNotOver: string | null;
  readonly whyNoClass: string | null;
  /** Of what was looked at: an act names it. */
  readonly version: number;
  /** In the order in which it happened. */
  /** The newest lines. */
  readonly timeline: readonly EntryView[];
  /** Where the lines before them are; null: there are none. */
  readonly earlier: string | null;
  readonly records: readonly LinkedRecord[];
  readonly related: readonly IncidentSummary[];
  /** What the contract's derived states held when they were compared last; null: they never were, or it is of no contract. */
  readonly states: {
    readonly replayId: string;
    readonly comparedAt: string;
    readonly rows: readonly {
      readonly derivedState: string;
      readonly outcome: string;
      readonly keys: number;
      readonly differing: number;
      /** Decimal text. */
      readonly eventsBehind: string;
    }[];
  } | null;
};

export type IncidentFilter = {
  readonly status?: IncidentStatus | 'open' | undefined;
  readonly class?: IncidentClass | undefined;
  readonly contractId?: string | undefined;
};

export type IncidentFileView = {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
};

/** What pages read of incidents. */
export interface IncidentReads {
  /** Open ones first, the most urgent before the others, then the newest. */
  list(tx: Transaction, filter: IncidentFilter, page: PageRequest): Promise<Page<IncidentSummary>>;
  /** Open ones, the most urgent first, and of these the soonest to be acknowledged. */
  open(tx: Transaction, limit: number): Promise<OpenIncidents>;
  row(tx: Transaction, id: string): Promise<IncidentRow | null>;
  /** The newest lines before a place, in the order in which they happened. */
  timeline(tx: Transaction, id: string, page: PageRequest): Promise<Timeline>;
  records(tx: Transaction, id: string): Promise<readonly Omit<LinkedRecord, 'whyNoProof'>[]>;
  related(tx: Transaction, id: string): Promise<readonly IncidentSummary[]>;
  /** The incidents that a record belongs to. */
  ofRecord(tx: Transaction, evidenceId: string): Promise<readonly IncidentSummary[]>;
  file(tx: Transaction, incidentId: string, fileId: string): Promise<IncidentFileView | null>;
}
