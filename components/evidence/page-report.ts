import type { PageReport } from '@/server/domain/verification/index.ts';

/** What it came to as a whole, in the words of the command line. */
export function wholeOf({ holds, checks }: Pick<PageReport, 'holds' | 'checks'>): {
  readonly tone: 'verified' | 'failed' | 'unknown';
  readonly title: string;
  readonly word: string;
  readonly sentence: string;
} {
  if (holds)
    return {
      tone: 'verified',
      title: 'Verified in this browser',
      word: 'it holds',
      sentence: 'All of it holds.',
    };
  const failed = checks.filter(({ outcome }) => outcome === 'fail');
  if (failed.length > 0)
    return {
      tone: 'failed',
      title: 'Verification failed in this browser',
      word: 'it does not hold',
      sentence: `Not all of it holds: ${failed.map((each) => each.name.replaceAll('-', ' ')).join(', ')}.`,
    };
  const missing = checks.filter(({ outcome, code }) => outcome === 'not-run' && code !== 'not-asked');
  return {
    tone: 'unknown',
    title: 'Verified in part in this browser',
    word: 'in part',
    sentence: `Not all of it could be checked: ${missing.map((each) => each.name.replaceAll('-', ' ')).join(', ')}.`,
  };
}
