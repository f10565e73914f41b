import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesKey, textNamesKey, valueNamesKey } from './names-key.ts';

describe('whether a text holds a key', () => {
  it.each([
    ['it failed at key 12', '12', true],
    ['it failed at key 12.', '12', true],
    ['"12"', '12', true],
    ['in 2012', '12', false],
    ['120', '12', false],
    ['order-12/a', '12', true],
    ['order_12', '12', true],
    ['for alice@example.test, who asked', 'alice@example.test', true],
    ['malice@example.test', 'alice@example.test', false],
    ['Zürich', 'rich', false],
    ['𝒜12', '12', false],
    ['12 in 2012', '12', true],
    ['first 2012, then 12', '12', true],
    ['a#b', '#', true],
    ['', '12', false],
  ])('%j and the key %j: %j', (text, key, found) => {
    expect(namesKey(text, [key])).toBe(found);
  });

  it('finds any of several', () => {
    expect(namesKey('of B', ['A', 'B'])).toBe(true);
  });

  it('law: a key is found wherever it stands by itself', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (key, before, after) =>
        namesKey(`${before} ${key} ${after}`, [key]),
      ),
    );
  });
});

describe('whether a JSON value holds a key', () => {
  const keys = new Set(['al"ice']);
  it('looks at texts as they are, and not as they are escaped', () => {
    expect(textNamesKey(JSON.stringify({ rows: [{ key: 'al"ice' }] }), keys)).toBe(true);
    expect(textNamesKey('{"n":"\\nine"}', new Set(['nine']))).toBe(false);
  });
  it('looks at the names of members', () => {
    expect(valueNamesKey({ 'al"ice': 1 }, keys)).toBe(true);
  });
  it('searches what is no JSON as it is', () => {
    expect(textNamesKey('{"cut: al"ice', keys)).toBe(true);
  });
});
