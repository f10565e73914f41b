import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { agreementTone } from '@/components/vocabulary/verdicts.tsx';
import type { EvidenceView } from '@/server/application/views.ts';

/** Discrepancies, and not keys: one key may differ in several derived states. */
function differing(discrepancies: number): string {
  return discrepancies === 0
    ? 'an invariant over a live store does not hold'
    : `it has ${counted(discrepancies, 'discrepancy', 'discrepancies')} with live states, each of one key in one of them`;
}

function promotionAnswer(record: EvidenceView): { tone: Tone; verdict: string; next: string | null } {
  const next = 'What it does not prove is listed below.';
  if (record.outcomeUnknown)
    return {
      tone: 'unknown',
      verdict: `Whether a promotion of ${record.contractId} wrote anything is not known: nobody could ask its target; this record says why.`,
      next,
    };
  if (record.status !== 'finished')
    return {
      tone: record.status === 'cancelled' ? 'unknown' : 'failed',
      verdict: `A promotion of ${record.contractId} ended as ${record.status}, and wrote nothing; this record says why.`,
      next,
    };
  const afterwards =
    record.agreement === 'equal'
      ? 'the state that was written agreed with history on these keys afterwards'
      : record.agreement === 'behind'
        ? 'the state that was written agreed as far as it had come'
        : record.agreement === 'different'
          ? 'the state that was written still differed from history on these keys afterwards'
          : 'the state that was written could not be looked at afterwards';
  return {
    tone: record.agreement === 'equal' ? 'verified' : 'different',
    verdict: `A promotion of ${record.contractId} wrote ${counted(record.projectionsChanged ?? 0, 'key')}; ${afterwards}.`,
    next,
  };
}

function stepAnswer(record: EvidenceView) {
  const of = record.contractId === '' ? '' : ` for ${record.contractId}`;
  const next = 'What it does not prove is listed below.';
  if (record.outcomeUnknown)
    return {
      tone: 'unknown' as const,
      verdict: `Whether a step of a runbook${of} was done is not known; what it proves is that it was asked for, and that nobody could tell.`,
      next,
    };
  const tone: Tone =
    record.status === 'finished' ? 'verified' : record.status === 'failed' ? 'failed' : 'unknown';
  const ended = record.status === 'finished' ? 'was done' : `ended as ${record.status}`;
  return {
    tone,
    verdict: `A step of a runbook${of} ${ended}; what it proves is that it was asked for and how it ended.`,
    next,
  };
}

function decisionAnswer(record: EvidenceView) {
  const tone: Tone = record.status === 'approved' ? 'verified' : 'failed';
  return {
    tone,
    verdict: `Somebody has ${record.status} what was planned for ${record.contractId}; whether it ran is a record of its own.`,
    next: 'What it does not prove is listed below.',
  };
}

/** What one record says, in a sentence. */
export function evidenceAnswer(record: EvidenceView): {
  tone: Tone;
  verdict: string;
  next: string | null;
} {
  if (record.kind === 'promotion') return promotionAnswer(record);
  if (record.kind === 'approval') return decisionAnswer(record);
  if (record.kind === 'runbook-step') return stepAnswer(record);
  if (record.kind === 'break-glass')
    return {
      tone: record.status === 'reviewed' ? 'different' : 'failed',
      verdict:
        record.status === 'reviewed'
          ? `Somebody has reviewed that two people let something run for ${record.contractId} without its approvals.`
          : `Two people let something run for ${record.contractId} without its approvals; whether it ran, and its review, are records of their own.`,
      next: 'What it does not prove is listed below.',
    };
  if (record.kind === 'review')
    return {
      tone: 'verified',
      verdict: `A post-incident review${record.contractId === '' ? '' : ` of ${record.contractId}`} was signed; what was written stands beside this record, and not in it.`,
      next: 'What it does not prove is listed below.',
    };
  if (record.status !== 'finished') {
    return {
      tone: record.status === 'cancelled' ? 'unknown' : 'failed',
      verdict: `A replay of ${record.contractId} ended as ${record.status}; this record says why, and proves nothing about its states.`,
      next: null,
    };
  }
  const isPart = record.coverageKind === 'part';
  const agreement =
    record.agreement === 'different'
      ? differing(record.projectionsChanged ?? 0)
      : record.agreement === 'equal'
        ? 'every live state agreed with it'
        : record.agreement === 'behind'
          ? 'a live state was behind it'
          : 'whether every live state agrees with it is not known';
  return {
    tone:
      record.confidence === 'trusted'
        ? isPart && record.agreement === 'equal'
          ? 'unknown'
          : agreementTone[record.agreement ?? 'not-compared']
        : record.confidence === 'suspect'
          ? 'different'
          : 'failed',
    verdict: `The replayed state of ${record.contractId} is ${record.confidence ?? 'without a verdict'}; ${isPart ? 'it is of part of the history, and ' : ''}${agreement}.`,
    next: 'What it does not prove is listed below.',
  };
}
