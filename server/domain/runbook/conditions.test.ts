import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateCondition, parseCondition } from './conditions.ts';
import { type Comparison, type Condition, comparisons, type Reference } from './runbook.ts';

const reference = (step: string | null, name: string): Reference => ({ step, name });

function condition(text: string): Condition {
  const parsed = parseCondition(text);
  if ('mistake' in parsed) throw new Error(parsed.mistake);
  return parsed;
}

const values =
  (given: Readonly<Record<string, unknown>>) =>
  ({ step, name }: Reference): unknown =>
    given[step === null ? name : `${step}.${name}`];

const holds = (text: string, given: Readonly<Record<string, unknown>>) =>
  evaluateCondition(condition(text), values(given));

describe('a condition', () => {
  it('is comparisons of references with values, joined by and', () => {
    expect(
      condition("${group.lagMs} > 60000 and ${decode.decodes} == false and ${kind} != 'a b'").all,
    ).toEqual([
      { left: reference('group', 'lagMs'), is: '>', right: 60_000 },
      { left: reference('decode', 'decodes'), is: '==', right: false },
      { left: reference(null, 'kind'), is: '!=', right: 'a b' },
    ]);
    expect(condition('${a.x}<=${b.y}').all).toEqual([
      { left: reference('a', 'x'), is: '<=', right: reference('b', 'y') },
    ]);
  });

  it.each([
    ['', 'a reference'],
    ['lag > 3', 'a reference'],
    ['${group.lag}', '== true'],
    ['${group.lag} = 3', 'one of'],
    ['${group.lag} > many', 'text in quotes'],
    ['${group.lag} > 3.5', 'whole number'],
    ['${group.lag} > 3 or ${group.lag} < 1', 'two steps'],
    ['${group.lag} > 3 and', 'two steps'],
    ['${Group.lag} > 3', 'a reference'],
  ])('that reads %j is refused with what should stand there', (text, expected) => {
    expect(parseCondition(text)).toEqual({ mistake: expect.stringContaining(expected) });
  });

  it('never throws and never accepts what it does not read whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'${}a.b =<>!1\'" andor') }), (text) => {
        const parsed = parseCondition(text);
        if ('mistake' in parsed) return;
        expect(parseCondition(parsed.text)).toEqual(parsed);
      }),
    );
  });

  it('is unknown, and names what is missing, while a value is not there', () => {
    expect(holds('${group.lagMs} > 1', {})).toEqual({ kind: 'unknown', missing: '${group.lagMs}' });
    expect(holds('${a.x} == ${b.y}', { 'a.x': 1 })).toEqual({ kind: 'unknown', missing: '${b.y}' });
  });

  it('is false as soon as one part of it is, whatever else is missing', () => {
    expect(holds('${a.x} > 1 and ${b.y} == true', { 'b.y': false })).toEqual({ kind: 'false' });
  });

  it('has no order for text that is no whole number', () => {
    expect(holds("${a.x} > 'b'", { 'a.x': 'c' })).toEqual({ kind: 'unknown', missing: '${a.x}' });
    expect(holds("${a.x} == 'c'", { 'a.x': 'c' })).toEqual({ kind: 'true' });
    expect(holds('${a.x} == true', { 'a.x': 'true' })).toEqual({ kind: 'false' });
  });

  it('compares whole numbers as they are, written as numbers or as decimal text beyond what a number holds', () => {
    const whole = fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_807n });
    const same: Readonly<Record<Comparison, (a: bigint, b: bigint) => boolean>> = {
      '==': (a, b) => a === b,
      '!=': (a, b) => a !== b,
      '<': (a, b) => a < b,
      '<=': (a, b) => a <= b,
      '>': (a, b) => a > b,
      '>=': (a, b) => a >= b,
    };
    fc.assert(
      fc.property(whole, whole, fc.constantFrom(...comparisons), fc.boolean(), (a, b, is, asNumber) => {
        const left = asNumber && a <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(a) : String(a);
        expect(holds(`\${a.x} ${is} ${b}`, { 'a.x': left }).kind).toBe(String(same[is](a, b)));
      }),
    );
  });
});
