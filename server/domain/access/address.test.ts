import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readAddress } from './address.ts';

describe('an address', () => {
  it.each([
    ['Ada@Acme.Example', 'ada@acme.example'],
    ['  ada@acme.example\n', 'ada@acme.example'],
    [`${'a'.repeat(150)}@acme.example`, `${'a'.repeat(150)}@acme.example`],
  ])('is known in one way, however it is written: %s', (text, address) => {
    expect(readAddress(text)).toBe(address);
  });

  it.each(['', 'ada', '@acme.example', 'ada@', 'a@b@c', 'a b@c', 'a\0b@c', `${'a'.repeat(200)}@b`])(
    'is none where nobody could be told it: %j',
    (text) => expect(readAddress(text)).toBeNull(),
  );

  it('is one for the door wherever it is one to be invited by', () => {
    for (const local of [64, 150, 187]) {
      const address = `${'a'.repeat(local)}@acme.example`;
      expect(z.email().max(200).safeParse(address).success).toBe(readAddress(address) !== null);
    }
  });
});
