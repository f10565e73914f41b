import { describe, expect, it } from 'vitest';
import { placeHint } from './hint-place.ts';

const view = { width: 800, height: 600 };
const hint = { width: 100, height: 20 };
const at = (left: number, top: number) => ({ left, top, width: 40, height: 20 });

describe('a hint', () => {
  it('stands above its anchor, centred on it', () => {
    expect(placeHint(at(200, 300), hint, view)).toEqual({ left: 170, top: 274 });
  });
  it('goes below where there is no room above', () => {
    expect(placeHint(at(200, 10), hint, view)).toEqual({ left: 170, top: 36 });
  });
  it('stays inside the window at both edges', () => {
    expect(placeHint(at(0, 300), hint, view).left).toBe(8);
    expect(placeHint(at(790, 300), hint, view).left).toBe(692);
  });
});
