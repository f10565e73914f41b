import { expect, it } from 'vitest';
import { z } from 'zod';
import { inputSentence } from './input-sentence.ts';

const schema = z.object({
  reason: z.string().min(1, 'A decision has a reason.'),
  scope: z.object({ keys: z.array(z.string()) }),
  days: z.number(),
  limit: z.number(),
});
const said = (input: unknown) => inputSentence(schema.safeParse(input).error ?? new z.ZodError([]));

it('says what is wrong with an input and where, in sentences', () => {
  expect(said({ reason: '', scope: { keys: ['a'] }, days: 1, limit: 1 })).toBe('A decision has a reason.');
  expect(said({ reason: 'x', scope: { keys: ['a', 2] }, days: 1, limit: 1 })).toMatch(
    /^scope\.keys\.1: .*string.*\.$/,
  );
});

it('says how much more is wrong than it tells', () => {
  expect(said({ reason: '', scope: {} })).toMatch(
    /A decision has a reason\. scope\.keys: .+ days: .+ And 1 more\.$/,
  );
});
