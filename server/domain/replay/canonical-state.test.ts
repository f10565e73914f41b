import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../shared/canonical-json.ts';
import { canonicalState, copyState, sameState, stateProblem } from './canonical-state.ts';

const state = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });

describe('canonical states', () => {
  test('are written as RFC 8785 says', () => {
    fc.assert(
      fc.property(state, (value) => {
        if (stateProblem(value, undefined) === null) expect(canonicalState(value)).toBe(canonicalJson(value));
        else expect(() => canonicalJson(value)).toThrow();
      }),
    );
  });

  test('are the same exactly where their canonical JSON is', () => {
    fc.assert(
      fc.property(state, state, fc.boolean(), (a, b, copy) => {
        const other = copy ? JSON.parse(JSON.stringify(a)) : b;
        if (stateProblem(a, undefined) !== null || stateProblem(other, undefined) !== null) return;
        expect(sameState(a, other)).toBe(canonicalState(a) === canonicalState(other));
      }),
    );
  });

  test('that come from a checked state need only their new parts checked, and those are', () => {
    const before = { list: [{ a: 1 }], name: 'x' };
    expect(stateProblem({ ...before, more: { deep: [undefined] } }, before)).toBe(
      'holds undefined at more.deep[0]',
    );
    expect(stateProblem({ ...before, name: 'y' }, before)).toBeNull();
    expect(stateProblem({ list: [...before.list, Number.NaN], name: 'x' }, before)).toBe(
      'holds NaN at list[1]',
    );
  });

  test('are copied whole, and nothing of the copy is the original', () => {
    fc.assert(
      fc.property(state, (value) => {
        const copy = copyState(value);
        expect(sameState(copy, value)).toBe(true);
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  test('are refused where they are endless', () => {
    const endless: Record<string, unknown> = {};
    endless.self = endless;
    expect(stateProblem(endless, undefined)).toContain('more than 100 levels');
  });

  test('may be literals of another realm, with another Object.prototype', () => {
    // What node:vm gives: a prototype that is not ours, at the end of the chain, with the members of Object.prototype.
    const prototype = Object.create(null, Object.getOwnPropertyDescriptors(Object.prototype));
    expect(stateProblem(Object.assign(Object.create(prototype), { total: 1 }), undefined)).toBeNull();
    class Money {
      cents = 1;
    }
    expect(stateProblem({ price: new Money() }, undefined)).toBe('holds a Money at price');
  });
});
