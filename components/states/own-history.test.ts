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
    const trace = { status, problem: null, steps: [] };
    const [every, withoutWorker] = [1, 0].map((workersAlive) => againWhileRead({ trace, workersAlive }));
    expect(every !== false).toBe(again);
    expect(Number(withoutWorker)).toBeGreaterThanOrEqual(Number(every));
  });
});
