import { describe, expect, it } from 'vitest';
import type { ErasureView } from '@/server/application/views.ts';
import { erasureOf, goneOf, partsErased } from './erased-words.ts';

const erasure = (change: Partial<ErasureView>): ErasureView => ({
  id: 'e1',
  at: '2026-11-26T12:00:00.000Z',
  by: 'by subject',
  reason: 'request 17',
  counts: [],
  unusable: true,
  attachments: [],
  ...change,
});

describe('what a page says of an erasure', () => {
  it('names each part with how much of it', () => {
    expect(
      partsErased([
        { part: 'states', count: 1 },
        { part: 'promotionRows', count: 2 },
        { part: 'traces', count: 1200 },
      ]),
    ).toBe('1 replayed state, 2 rows of promotions and 1,200 histories of keys');
    expect(partsErased([])).toBe('What was left');
  });

  it('counts a part over all erasures', () => {
    const counts = [{ part: 'findings', count: 2 }] as const;
    expect(goneOf([erasure({ counts }), erasure({ counts }), erasure({})], 'findings')).toBe(4);
    expect(goneOf([erasure({ counts })], 'states')).toBe(0);
  });

  it('finds the one that took an attachment, and none for one that is not on record', () => {
    const took = erasure({ attachments: ['r1/remarks'] });
    expect(erasureOf([erasure({}), took], 'r1', 'remarks')).toBe(took);
    expect(erasureOf([took], 'r1', 'rows')).toBeNull();
    expect(erasureOf([took], 'r2', 'remarks')).toBeNull();
  });
});
