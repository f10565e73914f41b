import type { IncidentClass } from '../../domain/contract/index.ts';
import type {
  EntryKind,
  IncidentKind,
  IncidentStatus,
  RecoveryProof,
  Responder,
} from '../../domain/incident/index.ts';
import type { SuggestedScope } from './incident-signals.ts';
import type { Transaction } from './unit-of-work.ts';

/** What a signal keeps up to date. */
export type IncidentSaid = {
  readonly title: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly href: string | null;
  readonly runbook: string | null;
  readonly scope: SuggestedScope | null;
};

/** An incident as it stands. People are ids, and 'reprise' is Reprise itself. */
export type IncidentRow = IncidentSaid & {
  readonly id: string;
  readonly cause: string;
  readonly kind: IncidentKind;
  readonly contractId: string | null;
  readonly class: IncidentClass;
  /** The person who said the class; null: it follows from the signal. */
  readonly classSaidBy: string | null;
  readonly status: IncidentStatus;
  readonly beganAt: Date;
  readonly openedAt: Date;
  readonly openedBy: string;
  readonly clockFrom: Date;
  readonly respondBy: Date;
  readonly escalateAt: Date | null;
  readonly asked: readonly string[];
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly assignee: string | null;
  readonly clearedAt: Date | null;
  /** When its cause came back last while it was open; null: it has not. */
  readonly returnedAt: Date | null;
  /** When what was told last of its cause was measured, by the newest measurement; null: its signals don't say it. */
  readonly measuredAt: Date | null;
  readonly lastToldAt: Date;
  readonly told: number;
  readonly recoveredAt: Date | null;
  readonly recoveryEvidenceId: string | null;
  readonly recoveryReason: string | null;
  readonly reopened: number;
  /** Grows with each act of a person, so that two of them at once are told apart. */
  readonly version: number;
};

export type NewIncident = Pick<
  IncidentRow,
  | keyof IncidentSaid
  | 'id'
  | 'cause'
  | 'kind'
  | 'contractId'
  | 'class'
  | 'classSaidBy'
  | 'beganAt'
  | 'openedAt'
  | 'openedBy'
  | 'respondBy'
  | 'measuredAt'
>;

export type IncidentChange = Partial<
  Omit<IncidentRow, 'id' | 'cause' | 'kind' | 'contractId' | 'beganAt' | 'openedAt' | 'openedBy'>
>;

/** A line of the timeline. It is added, and never changed. */
export type NewEntry = {
  readonly incidentId: string;
  readonly kind: EntryKind;
  readonly occurredAt: Date;
  readonly actor: string;
  readonly text?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly link?: string;
  readonly evidenceId?: string;
  readonly fileId?: string;
  /** The line that it corrects. */
  readonly corrects?: string;
};

export type NewFile = {
  readonly id: string;
  readonly incidentId: string;
  readonly name: string;
  readonly mediaType: string;
  readonly sha256: string;
  readonly content: Uint8Array;
  readonly addedBy: string;
};

/** Incidents in Reprise's own database. Every instant is by its clock. */
export interface IncidentStore {
  now(tx: Transaction): Promise<Date>;
  /**
   * The newest incident of a cause, held, and with it everybody else who tells of the cause until the transaction ends:
   * so that one of them opens it, and the others find it.
   */
  holdCause(tx: Transaction, cause: string): Promise<IncidentRow | null>;
  /** Held until the transaction ends. */
  lock(tx: Transaction, id: string): Promise<IncidentRow | null>;
  /** The same, after its cause is held: so that no signal opens another incident of the cause meanwhile. */
  lockWithCause(tx: Transaction, id: string): Promise<IncidentRow | null>;
  insert(tx: Transaction, incident: NewIncident): Promise<void>;
  change(tx: Transaction, id: string, change: IncidentChange): Promise<void>;
  /** Whether another incident of the cause is open. */
  isOpenElsewhere(tx: Transaction, id: string, cause: string): Promise<boolean>;
  /** Those of the contract that were opened within so long before this one, and are open. */
  openedLately(
    tx: Transaction,
    incident: Pick<IncidentRow, 'id' | 'contractId' | 'openedAt'>,
    withinMs: number,
  ): Promise<readonly { readonly id: string; readonly openedAt: Date }[]>;
  /** Answers the line's id. */
  note(tx: Transaction, entry: NewEntry): Promise<string>;
  /** What a line is, of this incident; null: it has none of this id. */
  entry(tx: Transaction, incidentId: string, entryId: string): Promise<{ readonly kind: EntryKind } | null>;
  /** What a person did to it last, and their name. */
  lastAct(
    tx: Transaction,
    incidentId: string,
  ): Promise<{ readonly kind: EntryKind; readonly by: string; readonly at: Date } | null>;
  star(tx: Transaction, entryId: string, starred: boolean, actor: string): Promise<void>;
  insertFile(tx: Transaction, file: NewFile): Promise<void>;
  /** How many bytes of files it has. */
  fileBytes(tx: Transaction, incidentId: string): Promise<number>;
  /** What a record says of itself; null: there is none of this id. */
  record(
    tx: Transaction,
    evidenceId: string,
  ): Promise<(RecoveryProof & { readonly kind: string; readonly status: string }) | null>;
  /** false: it was linked already. */
  linkEvidence(tx: Transaction, incidentId: string, evidenceId: string, linkedBy: string): Promise<boolean>;
  /** An open incident that nobody has acknowledged in time, held; those that another worker has in hand are left to it. */
  takeMissed(tx: Transaction): Promise<IncidentRow | null>;
  responders(tx: Transaction): Promise<readonly Responder[]>;
  contractExists(tx: Transaction, contractId: string): Promise<boolean>;
}
