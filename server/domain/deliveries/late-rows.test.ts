import { describe, expect, it } from 'vitest';
import { type LateRows, looked, passOf } from './late-rows.ts';

const at = (second: number) => new Date(Date.UTC(2026, 2, 14, 12, 0, second));
const rows = (more: Partial<LateRows> = {}): LateRows => ({
  settled: 10n,
  xmin: 700n,
  mark: { xmax: 800n, top: 50n, at: at(0) },
  pass: null,
  ...more,
});

describe('a pass over the stretch where rows may commit late', () => {
  it('begins at the settled position, and ends at the cursor of then though that moves on', () => {
    const first = passOf(rows(), { top: 50n, xmin: 790n, now: at(59) });
    expect(first).toEqual({ position: 10n, to: 50n, xmin: 790n, at: at(59) });
    const between = looked(rows(), first, { position: 30n, top: 60n, xmax: 900n, now: at(59) });
    expect(between).toEqual(rows({ pass: { ...first, position: 30n } }));
    expect(passOf(between, { top: 70n, xmin: 880n, now: at(61) })).toEqual({ ...first, position: 30n });
  });

  it('hands its own xmin to the next, which looks for rows of transactions that had not ended then', () => {
    const pass = { position: 30n, to: 50n, xmin: 790n, at: at(59) };
    expect(looked(rows({ pass }), pass, { position: 50n, top: 90n, xmax: 990n, now: at(70) })).toEqual(
      rows({ xmin: 790n }),
    );
  });

  it.each([
    ['every transaction of then had ended before it, a minute later', 800n, 60, 50n],
    ['a transaction of then was open when it began', 799n, 60, 10n],
    ['it began sooner', 800n, 59, 10n],
  ])('settles what was marked where %s', (_, xmin, second, settled) => {
    const pass = { position: 30n, to: 50n, xmin, at: at(second) };
    const after = looked(rows({ pass }), pass, { position: 50n, top: 90n, xmax: 990n, now: at(65) });
    expect(after.settled).toBe(settled);
    expect(after.mark).toEqual(settled === 50n ? { xmax: 990n, top: 90n, at: at(65) } : rows().mark);
  });
});
