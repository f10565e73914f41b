import { describe, expect, it } from 'vitest';
import type { KeyView } from '@/server/application/views.ts';
import { againWhileRead } from './own-history.tsx';

describe('a key whose events were asked for', () => {
  it.each<[KeyView['trace']['status'], boolean]>([
    ['none', false],
    ['queued', true],
    ['reading', true],
    ['ready', false],
    ['failed', false],
  ])('%s: is looked at again, without the live feed: %s', (status, again) => {
    const every = againWhileRead({ trace: { status, problem: null, steps: [] } });
    expect(every !== false).toBe(again);
  });
});
