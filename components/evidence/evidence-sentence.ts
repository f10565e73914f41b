import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { EvidenceSummary } from '@/server/application/views.ts';

/** What one record says, in a sentence. */
export function evidenceAnswer(record: EvidenceSummary): {
  tone: Tone;
  verdict: string;
  next: string | null;
} {
  if (record.status !== 'finished') {
    return {
      tone: record.status === 'cancelled' ? 'unknown' : 'failed',
      verdict: `A replay of ${record.contractId} ended as ${record.status}; this record says why, and proves nothing about its states.`,
      next: null,
    };
  }
  const agreement =
    record.agreement === 'different'
      ? `${counted(record.projectionsChanged ?? 0, 'live value')} ${record.projectionsChanged === 1 ? 'differs' : 'differ'} from history`
      : record.agreement === 'equal'
        ? 'every live state agreed with it'
        : record.agreement === 'behind'
          ? 'a live state was behind it'
          : 'no live state was compared in full';
  return {
    tone:
      record.confidence === 'trusted'
        ? record.agreement === 'different'
          ? 'different'
          : 'verified'
        : record.confidence === 'suspect'
          ? 'different'
          : 'failed',
    verdict: `The replayed state of ${record.contractId} is ${record.confidence ?? 'without a verdict'}; ${agreement}.`,
    next: 'What it does not prove is listed below.',
  };
}
