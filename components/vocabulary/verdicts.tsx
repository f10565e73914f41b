import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { EvidenceSummary, ReplaySummary } from '@/server/application/views.ts';

type Confidence = NonNullable<ReplaySummary['confidence']>;
type Agreement = NonNullable<ReplaySummary['agreement']>;
type Status = ReplaySummary['status'] | EvidenceSummary['status'];
type Look = 'chip' | 'plain';

export const confidenceTone: Record<Confidence, Tone> = {
  trusted: 'verified',
  suspect: 'different',
  untrusted: 'failed',
};

/** About the replayed state: trusted, suspect, untrusted, or not known yet. */
export function ConfidenceVerdict({ status, look = 'chip' }: { status: Confidence | null; look?: Look }) {
  return status ? (
    <Verdict tone={confidenceTone[status]} look={look}>
      {status}
    </Verdict>
  ) : (
    <Verdict tone="unknown" look={look}>
      no verdict
    </Verdict>
  );
}

export const agreementTone: Record<Agreement, Tone> = {
  equal: 'verified',
  behind: 'accent',
  different: 'different',
  'not-compared': 'unknown',
};
const agreementWord: Record<Agreement, string> = {
  equal: 'equal',
  behind: 'behind',
  different: 'different',
  'not-compared': 'not compared',
};

/** About live against replayed. */
export function AgreementVerdict({ status, look = 'chip' }: { status: Agreement | null; look?: Look }) {
  return status ? (
    <Verdict tone={agreementTone[status]} look={look}>
      {agreementWord[status]}
    </Verdict>
  ) : (
    <Verdict tone="unknown" look={look}>
      not compared
    </Verdict>
  );
}

export const statusTone: Record<Status, Tone> = {
  'awaiting-approval': 'accent',
  queued: 'accent',
  folding: 'accent',
  merging: 'accent',
  comparing: 'accent',
  explaining: 'accent',
  checking: 'accent',
  recording: 'accent',
  paused: 'unknown',
  finished: 'verified',
  refused: 'failed',
  failed: 'failed',
  cancelled: 'unknown',
  approved: 'verified',
  rejected: 'failed',
  signed: 'verified',
  broken: 'failed',
  reviewed: 'different',
};

/** Where a replay is in its life. */
export function StatusVerdict({ status, look = 'plain' }: { status: Status; look?: Look }) {
  return (
    <Verdict tone={statusTone[status]} look={look}>
      {status.replace('-', ' ')}
    </Verdict>
  );
}
