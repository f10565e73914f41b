import { describe, expect, it } from 'vitest';
import { threadsOf } from './threads-of.ts';

describe('the threads of a worker', () => {
  it('let an approved promotion wait for no trace and no fold', () => {
    const others = Object.entries(threadsOf).filter(([kind]) => kind !== 'promote');
    expect(others.map(([, threads]) => threads)).not.toContain(threadsOf.promote);
  });
});
