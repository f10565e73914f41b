import { expect, it } from 'vitest';
import type { Redrive } from '@/server/application/ports/redrives.ts';
import { letterStatuses } from '@/server/domain/dead-letters/index.ts';
import { redriveAnswer } from './redrive-words.ts';

const none = Object.fromEntries(letterStatuses.map((each) => [each, 0])) as Redrive['counts'];
const answer = (change: Partial<Redrive>) =>
  redriveAnswer({ status: 'done', counts: none, letters: 4, problem: null, state: 'selling', ...change });

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
])('a redrive answers what was reprocessed, and never calls sent done: %#', (change, verdict) => {
  expect(answer(change).verdict).toBe(verdict);
});
