import { expect, it } from 'vitest';
import { noCounts } from '../../../domain/replay/index.ts';
import { replayInWords } from './replay-in-words.ts';

const finished = {
  eventsProcessed: 1_845,
  confidence: 'trusted',
  confidenceReasons: [],
  agreement: 'equal',
  discrepancies: 0,
  counters: noCounts,
} as const;

it.each([
  ['nothing to add', {}, 'Replayed 1,845 events: trusted, equal, 0 keys with a difference.'],
  [
    'two facts that contradict each other, which is no reason to trust it less',
    { counters: { ...noCounts, outOfOrder: 1 } },
    'Replayed 1,845 events: trusted, equal, 0 keys with a difference. Of these 1 is out of order.',
  ],
  [
    'why it is not trusted, and what was set aside',
    {
      confidence: 'untrusted',
      confidenceReasons: ['quarantined'],
      agreement: 'different',
      discrepancies: 1,
      counters: { ...noCounts, quarantined: 2, erased: 1, duplicates: 1_000 },
    },
    'Replayed 1,845 events: untrusted (quarantined), different, 1 key with a difference. Of these 2 could not be read and are set aside, 1 holds what was erased, 1,000 were repetitions.',
  ],
  [
    'that nothing was compared',
    { agreement: null, discrepancies: null },
    'Replayed 1,845 events: trusted, not compared.',
  ],
] as const)('a replay is told with %s', (_what, found, sentence) => {
  expect(replayInWords({ ...finished, ...found })).toBe(sentence);
});
