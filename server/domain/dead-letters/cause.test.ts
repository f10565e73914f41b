import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeShape, causeText, isShownException } from './cause.ts';

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
    ['unknown-person: PERSON-88 has no account', 'unknown-person: <id> has no account'],
    ['PERSON-88: unknown', 'unnamed: <id>: unknown'],
    ['PERSON-88 unknown: x', 'unnamed: <id> unknown: x'],
    ['PERSON-88', 'unnamed: <id>'],
    ['ada@acme.example: unknown', 'unnamed: <address>: unknown'],
    ['Ada: has no account', 'unnamed: Ada: has no account'],
    ['Müller: has no account', 'unnamed: Müller: has no account'],
    ['4711: has no account', 'unnamed: <n>: has no account'],
    ['io.netty.Http2Exception$StreamException: reset', 'io.netty.Http2Exception$StreamException: reset'],
    ['Utf8Error: bad', 'Utf8Error: bad'],
    ['ECONNREFUSED', 'ECONNREFUSED'],
    ['', 'no cause'],
    [null, 'no cause'],
  ])('of %j is %j', (cause, shape) => expect(shapeOf(cause)).toBe(shape));

  it('is one for messages that differ in figures, ids and quotations alone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.uuid(), fc.stringMatching(/^[a-z ]{0,20}$/), (figure, id, text) => {
        expect(shapeOf(`bad: "${text}" of ${id} is ${figure}`)).toBe('bad: <text> of <id> is <n>');
      }),
    );
  });

  it('names by its exception nothing that has a figure, a space or a sign of an address in it', () => {
    const key = fc.oneof(
      fc.stringMatching(/^[A-Za-z]{1,8}[-_ .]?[0-9]{1,6}$/),
      fc.uuid(),
      fc.emailAddress(),
      fc.stringMatching(/^[A-Z][a-z]{1,10}( [A-Z][a-z]{1,10})?$/),
    );
    const rest = fc.constantFrom('', ': unknown', ' unknown: x', ': Error: x', ':unknown');
    fc.assert(
      fc.property(key, rest, (text, after) => {
        fc.pre(!['Error', 'Exception', 'Failure', 'Fault', 'Panic', 'Timeout'].includes(text));
        expect(causeShape(text + after).exception).toBe('unnamed');
        expect(isShownException(text)).toBe(false);
      }),
    );
  });

  it('keeps codes and classes of letters', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const code = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('-'));
    const name = fc
      .tuple(fc.array(word, { maxLength: 3 }), fc.stringMatching(/^[A-Z][a-z]{1,8}[A-Z][a-z]{1,8}$/))
      .map(([packages, type]) => [...packages, type].join('.'));
    fc.assert(
      fc.property(fc.oneof(code, name), (exception) => {
        expect(isShownException(exception)).toBe(true);
        expect(causeShape(`${exception}: PERSON-88`)).toEqual({ exception, shape: '<id>' });
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
