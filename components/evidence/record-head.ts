import type { Tone } from '@/components/ui/tone.ts';
import type { EvidenceView } from '@/server/application/views.ts';
import type { PageReport } from '@/server/domain/verification/index.ts';
import { evidenceAnswer } from './evidence-sentence.ts';
import { wholeOf } from './page-report.ts';

/** How far the verification of a page's record in its browser has come. */
export type Verification =
  | { readonly state: 'running' }
  /** It can't be made here, or ended in an error. */
  | { readonly state: 'not-made'; readonly why: string }
  | { readonly state: 'made'; readonly report: Pick<PageReport, 'holds' | 'checks'> };

export type RecordHead = {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string | null;
  readonly tabTitle: string;
};

/** What the head of a record's page says: what the record says only once that was verified, and before that whose word it is. */
export function recordHead(view: EvidenceView, verification: Verification): RecordHead {
  const answer = evidenceAnswer(view);
  const status = view.outcomeUnknown ? 'unknown' : view.status;
  const claim = view.kind === 'promotion' ? `promotion ${status}` : (view.confidence ?? status);
  const tab = (word: string) => `${word} · evidence of ${view.contractId}`;
  // Its own notice says that it is evidence of nothing, and it stands in no log that it could be verified by.
  if (view.generated) return { ...answer, tabTitle: tab(claim) };
  const failed = (verdict: string, word: string): RecordHead => ({
    tone: 'failed',
    verdict,
    next: `Rely on nothing that this page shows of it. It says: ${answer.verdict}`,
    tabTitle: tab(word),
  });
  if (verification.state === 'made') {
    const whole = wholeOf(verification.report);
    if (whole.tone === 'failed') return failed(`${whole.title}. ${whole.sentence}`, 'verification failed');
  }
  if (view.check.outcome !== 'passed')
    return failed(
      `Its verdict does not follow from what it lists: ${view.check.sentence}`,
      'does not follow',
    );
  if (verification.state === 'made' && verification.report.holds) return { ...answer, tabTitle: tab(claim) };
  const { how, word } = howFar(verification);
  return {
    tone: answer.tone === 'verified' ? 'unknown' : answer.tone,
    verdict: `${how} It says: ${answer.verdict}`,
    next: answer.next,
    tabTitle: tab(word),
  };
}

function howFar(verification: Verification): { readonly how: string; readonly word: string } {
  switch (verification.state) {
    case 'running':
      return { how: 'Being verified in this browser.', word: 'being verified' };
    case 'not-made':
      return { how: `Not verified. ${verification.why}`, word: 'not verified' };
    case 'made':
      return { how: `${wholeOf(verification.report).title}.`, word: 'verified in part' };
  }
}
