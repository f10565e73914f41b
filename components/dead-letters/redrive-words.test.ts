import { expect, it } from 'vitest';
import type { Redrive } from '@/server/application/ports/redrives.ts';
import { redriveAnswer } from './redrive-words.ts';

const none: Redrive['counts'] = {
  waiting: 0,
  sending: 0,
  sent: 0,
  reprocessed: 0,
  failed: 0,
  unknown: 0,
  unseen: 0,
  gone: 0,
};
const answer = (change: Partial<Redrive>) =>
  redriveAnswer({
    status: 'done',
    counts: none,
    letters: 4,
    awaited: 0,
    problem: null,
    state: 'selling',
    ...change,
  });

it.each<[Partial<Redrive>, string]>([
  [{ status: 'awaiting-approval' }, '4 letters for selling wait for somebody’s approval.'],
  [{ counts: { ...none, reprocessed: 4 } }, '4 of 4 letters are reprocessed by selling.'],
  [
    { counts: { ...none, reprocessed: 3, failed: 1 } },
    '3 of 4 letters are reprocessed by selling; 1 is not.',
  ],
  [
    { status: 'stopped', counts: { ...none, failed: 1 } },
    'It stopped; 0 of 4 letters are reprocessed by selling.',
  ],
  [{ status: 'refused' }, 'It was rejected, and nothing was sent.'],
  [{ status: 'refused', problem: 'Its approval ran out.' }, 'Its approval ran out.'],
])('a redrive answers what was reprocessed, and never calls sent done: %#', (change, verdict) => {
  expect(answer(change).verdict).toBe(verdict);
});

it('says what is still waited for, and counts what was given up as not reprocessed', () => {
  const counts = { ...none, reprocessed: 1, unknown: 2, unseen: 1 };
  expect(answer({ counts, awaited: 2 })).toMatchObject({
    verdict: '1 of 4 letters is reprocessed by selling; 3 are not.',
    next: expect.stringContaining('2 letters of what was sent are still waited for'),
  });
  expect(answer({ counts }).next).not.toContain('waited for');
});

it('sends to the dead letters for what was parked again, and for nothing else', () => {
  const next = (counts: Partial<Redrive['counts']>) => answer({ letters: 1, counts: { ...none, ...counts } });
  expect(next({ failed: 1 }).next).toContain('parked again stands among the dead letters');
  expect(next({ unseen: 1 })).toMatchObject({
    verdict: '0 of 1 letter is reprocessed by selling; 1 is not.',
    tone: 'different',
    next: 'See why below.',
  });
});
