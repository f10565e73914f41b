import type { ActionName, SectionName } from '../../domain/runbook/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** A run as others than its page read it. Times ISO 8601, people ids. */
export type RunSummary = {
  readonly id: string;
  readonly runbookId: string;
  readonly title: string;
  /** SHA-256 of the file that it is pinned to. */
  readonly digest: string;
  readonly incidentId: string | null;
  readonly status: RunStatus;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
};

export const runStatuses = ['running', 'done', 'abandoned'] as const;
export type RunStatus = (typeof runStatuses)[number];

export const attemptStatuses = [
  'awaiting-approval',
  'queued',
  'running',
  'succeeded',
  'failed',
  'refused',
  'cancelled',
  'unknown',
] as const;
export type AttemptStatus = (typeof attemptStatuses)[number];

export type AttemptSummary = {
  readonly id: string;
  readonly step: string;
  readonly section: SectionName;
  readonly title: string;
  /** null: a person did it. */
  readonly action: ActionName | null;
  readonly status: AttemptStatus;
  readonly by: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly sentence: string;
  readonly evidenceId: string | null;
};

/** What a review and an incident's page read of the runs of an incident. */
export interface RunReads {
  ofIncident(
    tx: Transaction,
    incidentId: string,
  ): Promise<readonly (RunSummary & { readonly attempts: readonly AttemptSummary[] })[]>;
}
