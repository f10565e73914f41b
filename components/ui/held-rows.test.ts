import { describe, expect, it } from 'vitest';
import { splitNewRows } from './held-rows.ts';

const row = (at: string, id: string) => ({ at, id });
const same = (each: { at: string; id: string }) => each;
const old = row('2026-03-14T09:00:00.000Z', 'b');

describe('rows that come while a list is looked at', () => {
  it('are counted and held back', () => {
    const rows = [row('2026-03-14T09:02:00.000Z', 'd'), row('2026-03-14T09:01:00.000Z', 'c'), old];
    expect(splitNewRows(rows, old, same)).toEqual({ shown: [old], fresh: 2 });
  });

  it('are told apart from older ones of the same instant by their ids, as the list sorts them', () => {
    const rows = [row(old.at, 'c'), old, row(old.at, 'a')];
    expect(splitNewRows(rows, old, same)).toEqual({ shown: [old, row(old.at, 'a')], fresh: 1 });
  });

  it('do not hold back what was there when the row at the top has left the list', () => {
    const older = row('2026-03-14T08:00:00.000Z', 'a');
    expect(splitNewRows([older], old, same)).toEqual({ shown: [older], fresh: 0 });
  });

  it('appear at once where there was no row to jump', () => {
    expect(splitNewRows([old], null, same)).toEqual({ shown: [old], fresh: 0 });
  });
});
