import { expect, it } from 'vitest';
import { letterVerdict } from './letter-verdict.ts';

const letter: Parameters<typeof letterVerdict>[0] = {
  ...{ state: 'shelf', isOwnerKnown: true, exception: 'refused', shape: '', gone: false },
  ...{ reprocessed: true, reading: null, record: null, beside: [] },
};
const edited = { derivedState: 'shelf', eventId: 'e-2', target: 'shelf.retry', redriveId: 'r-1' };

it('asks for the proof of what a redrive has reprocessed', () => {
  expect(letterVerdict(letter)).toMatchObject({
    tone: 'verified',
    next: expect.stringMatching(/^A redrive/),
  });
});

it.each([true, false])(
  'says of an edit beside the history that a replay will differ: known by its id %s',
  (reprocessed) => {
    const { tone, next } = letterVerdict({ ...letter, reprocessed, beside: [edited] });
    expect(tone).toBe('different');
    expect(next).toBe(
      'Its event was reprocessed edited, as e-2, which went to shelf.retry and not into the history: a replay will find shelf different until the correction stands in the history too.',
    );
  },
);
