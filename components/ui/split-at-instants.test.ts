import { expect, it } from 'vitest';
import { splitAtInstants } from './split-at-instants.ts';

it('an instant is found wherever it stands in a text, and nothing else is taken for one', () => {
  const parts = (text: string) => splitAtInstants(text).map((part) => [part.text, part.isInstant]);
  expect(parts('2026-11-01T00:00:00.000Z for 30 d')).toEqual([
    ['2026-11-01T00:00:00.000Z', true],
    [' for 30 d', false],
  ]);
  expect(parts('from 2026-11-01T00:00:00Z on')).toHaveLength(3);
  for (const text of ['12 of 9', '2026-11-01', '2026-99-99T00:00:00Z'])
    expect(parts(text)).toEqual([[text, false]]);
});
