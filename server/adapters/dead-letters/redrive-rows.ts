import type { PastRedrive, Redrive, RedrivenLetter } from '../../application/ports/redrives.ts';
import { type LetterStatus, letterStatuses, type RedriveStatus } from '../../domain/dead-letters/index.ts';

export type Row = {
  id: string;
  contract_id: string;
  state: string;
  version: number | null;
  topic: string;
  identity: string;
  target: string;
  hash: string;
  letters: number;
  per_second: number;
  requested_by: string;
  requested_at: Date;
  reason: string;
  attempt_id: string | null;
  status: RedriveStatus;
  problem: string | null;
  batch: number;
  batch_end: number;
  started_at: Date | null;
  ended_at: Date | null;
  counts: Partial<Record<LetterStatus, number>> | null;
  awaited: number;
  wait_ends: { personId: string; letters: number; reason: string; endedAt: string }[] | null;
  decisions: Redrive['decisions'] | null;
};

export const redriveColumns = `id, contract_id, state, contract_version AS version, topic, identity, target, hash, letters, per_second, requested_by, requested_at,
  reason, attempt_id, status, problem, batch, batch_end, started_at, ended_at,
  (SELECT json_object_agg(t.status, t.letters) FROM redrive_tally t WHERE t.redrive_id = r.id) AS counts,
  (SELECT count(*)::int FROM redrive_letter l WHERE l.redrive_id = r.id AND l.awaited) AS awaited,
  (SELECT json_agg(json_build_object('personId', w.person_id, 'letters', w.letters, 'reason', w.reason,
     'endedAt', w.ended_at) ORDER BY w.ended_at) FROM redrive_wait_end w WHERE w.redrive_id = r.id) AS wait_ends,
  (SELECT json_agg(json_build_object('personId', d.person_id, 'verdict', d.verdict, 'reason', d.reason,
     'decidedAt', d.decided_at, 'voidedAt', d.voided_at, 'voidReason', d.void_reason) ORDER BY d.decided_at) FROM redrive_decision d WHERE d.redrive_id = r.id) AS decisions`;

export const placeColumns = `number, partition, "offset"::text, event_id AS "eventId"`;

export function toRedrive(row: Row): Redrive {
  return {
    id: row.id,
    contractId: row.contract_id,
    state: row.state,
    version: row.version,
    topic: row.topic,
    identity: row.identity,
    target: row.target,
    hash: row.hash,
    letters: row.letters,
    perSecond: row.per_second,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    reason: row.reason,
    attemptId: row.attempt_id,
    status: row.status,
    problem: row.problem,
    batch: row.batch,
    batchEnd: row.batch_end,
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    counts: Object.fromEntries(
      letterStatuses.map((status) => [status, row.counts?.[status] ?? 0]),
    ) as Redrive['counts'],
    awaited: row.awaited,
    waitEnds: row.wait_ends ?? [],
    decisions: row.decisions ?? [],
  };
}

export type LetterRow = {
  number: number;
  partition: number;
  offset: string;
  eventId: string | null;
  status: LetterStatus;
  awaited: boolean;
  sent_partition: number | null;
  sent_offset: string | null;
  sent_at: Date | null;
  ended_at: Date | null;
  cause: string | null;
};
export type PastRow = {
  id: string;
  redrive_status: RedriveStatus;
  requested_by: string;
  requested_at: Date;
  status: LetterStatus;
  cause: string | null;
  edited_as: string | null;
};

export const toLetter = ({
  sent_partition: sentPartition,
  sent_offset: sentOffset,
  sent_at: sentAt,
  ended_at: endedAt,
  awaited: isAwaited,
  ...row
}: LetterRow): RedrivenLetter => ({
  ...row,
  isAwaited,
  sentPartition,
  sentOffset,
  sentAt: sentAt?.toISOString() ?? null,
  endedAt: endedAt?.toISOString() ?? null,
});

export const toPast = (row: PastRow): PastRedrive => ({
  redriveId: row.id,
  redriveStatus: row.redrive_status,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at.toISOString(),
  status: row.status,
  cause: row.cause,
  editedAs: row.edited_as,
});
