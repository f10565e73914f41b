import { expect, it } from 'vitest';
import type { Correction } from '../ports/redrives.ts';
import { stateSince, stillBeside } from './states-since.ts';

const agreed = {
  derivedState: 'shelf',
  isCompared: true,
  isInScope: true,
  differs: false,
  isExplained: false,
};
const correction: Correction = {
  key: 'K1',
  derivedState: 'shelf',
  eventId: 'e-2',
  redriveId: 'r-1',
  target: 'shelf.retry',
  at: '2026-11-26T10:00:00.000Z',
};
const named =
  'It has reprocessed what did not go into the history, edited e-2 (to shelf.retry, by redrive r-1)';

it.each([
  ['agreed before it was reprocessed', agreed, '2026-11-26T09:59:59.000Z', 1],
  ['agreed since', agreed, '2026-11-26T10:00:01.000Z', 0],
  ['differs since', { ...agreed, differs: true }, '2026-11-26T10:00:01.000Z', 1],
  ['did not replay the key', { ...agreed, isInScope: false }, '2026-11-26T10:00:01.000Z', 1],
  ['is of another state', { ...agreed, derivedState: 'counter' }, '2026-11-26T10:00:01.000Z', 1],
])('an edit beside the history is still to be found where what was compared %s', (_what, row, at, left) => {
  expect(stillBeside([correction], [row], at)).toHaveLength(left);
});

it.each([
  [agreed, 'not-known', 'It agreed with the history at the key when that was compared.'],
  [{ ...agreed, differs: true }, 'differs', 'It differs at the key.'],
  [undefined, 'not-known', 'The newest comparison did not compare it.'],
])(
  'a state says of an edit beside the history that a replay finds it different: %#',
  (row, standing, first) => {
    const since = stateSince('shelf', row, [correction]);
    expect(since.standing).toBe(standing);
    expect(since.sentence).toBe(
      `${first} ${named}: a replay finds it different until the correction stands in the history too.`,
    );
  },
);

it('a state without any says what was compared', () => {
  expect(stateSince('shelf', agreed, [])).toMatchObject({ standing: 'agrees' });
  expect(stateSince('shelf', { ...agreed, differs: true }, []).sentence).toMatch(/nothing says/);
});
