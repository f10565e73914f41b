import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeShape, causeText } from './cause.ts';

const shapeOf = (cause: string | null) => causeText(causeShape(cause));

describe('the shape of a cause', () => {
  it.each([
    ['unsupported-version', 'unsupported-version'],
    ['com.acme.BadEvent: quantity was -12', 'com.acme.BadEvent: quantity was <n>'],
    [
      'ZodError: "many" is no number at items.3.quantity',
      'ZodError: <text> is no number at items.<n>.quantity',
    ],
    ["invalid-data: SKU-81's stock can't be 'many'", "invalid-data: <id>'s stock can't be <text>"],
    [
      'java.lang.IllegalStateException: event 5f0c2d4e-8a1b-4c3d-9e8f-0a1b2c3d4e5f was seen',
      'java.lang.IllegalStateException: event <id> was seen',
    ],
    [
      'Timeout: no answer at 2026-11-26T19:05:00.123Z after 30,000 ms',
      'Timeout: no answer at <time> after <n> ms',
    ],
    ['the mail to ada@acme.example failed', 'unnamed: the mail to <address> failed'],
    ['Error: first line\n  at a.js:1:2', 'Error: first line'],
    ['', 'no cause'],
    [null, 'no cause'],
  ])('of %j is %j', (cause, shape) => expect(shapeOf(cause)).toBe(shape));

  it('is one for messages that differ in figures, ids and quotations alone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.uuid(), fc.stringMatching(/^[a-z ]{0,20}$/), (figure, id, text) => {
        expect(shapeOf(`Bad: "${text}" of ${id} is ${figure}`)).toBe('Bad: <text> of <id> is <n>');
      }),
    );
  });

  it('is bounded, and found quickly in whatever somebody sends', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5000 }), (text) => {
        expect(shapeOf(text).length).toBeLessThan(800);
      }),
    );
    const begun = performance.now();
    for (const hostile of [
      '"'.repeat(50_000),
      `${'a-'.repeat(50_000)}!`,
      `${'a.'.repeat(50_000)}@`,
      '-'.repeat(50_000),
    ])
      shapeOf(hostile);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
