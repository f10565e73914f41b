import { describe, expect, it } from 'vitest';
import { RepriseError } from '../domain/shared/errors.ts';
import { whereUnkeepable } from './keepable.ts';
import { callerFor } from './root.ts';
import { contextOf, input, refused } from './test-kit.ts';

describe('an input', () => {
  it.each([
    undefined,
    null,
    7,
    '',
    'gelesen: 🫙\ntwo lines',
    { keys: ['a', 'b'], scope: { kind: 'all' } },
    [],
  ])('is taken where everything in it can be kept: %j', (given) => {
    expect(whereUnkeepable(given)).toBeNull();
  });

  it.each([
    ['a\0b', 'input'],
    ['\ud800', 'input'],
    [{ reason: '\udc00x' }, 'reason'],
    [{ scope: { kind: 'keys', keys: ['a', 'b', 'c\0'] } }, 'scope.keys.2'],
    [{ 'a\0': 1 }, 'input'],
    [{ scope: { 'a\0': 1 } }, 'scope'],
  ])('is refused by the place of what can’t be kept: %j', (given, where) => {
    expect(whereUnkeepable(given)).toBe(where);
  });

  it('may be as deep as one that was made to exhaust who reads it', () => {
    let deep: unknown = '\0';
    for (let depth = 0; depth < 5_000; depth += 1) deep = [deep];
    expect(whereUnkeepable(deep)).toMatch(/^0(\.0)+$/);
  });
});

describe('every procedure', () => {
  const asked = (held: 'operator' | null) => callerFor(contextOf(held === null ? null : [held]));
  const bad = { code: 'BAD_REQUEST', cause: expect.any(RepriseError) };

  it('refuses what can’t be kept by name, in acts and in questions, before anything is asked of it', async () => {
    refused.length = 0;
    const operator = asked('operator');
    await expect(operator.states.reveal({ contractId: 'a', reason: 'x\0' })).rejects.toMatchObject(bad);
    await expect(operator.states.reveal({ contractId: 'a\0', reason: 'x' })).rejects.toThrow(/contractId/);
    await expect(operator.contracts.get({ contractId: '\ud800' })).rejects.toMatchObject(bad);
    await expect(
      asked(null).account.accept({ token: input.token, password: 'x', name: 'a\0' }),
    ).rejects.toMatchObject(bad);
    // An act that was refused is on record, and a question is not.
    expect(refused.map(({ action }) => action)).toEqual(['states.reveal', 'states.reveal']);
  });
});
