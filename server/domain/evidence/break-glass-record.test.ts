import { describe, expect, it } from 'vitest';
import { breakGlassFactsOf } from '../test-kit/records.ts';
import {
  type BreakGlassFacts,
  breakGlassRecord,
  breakGlassRemarks,
  checkBreakGlass,
} from './break-glass-record.ts';
import { subjectsOf } from './named-in-record.ts';
import { breakGlassPredicateType } from './predicate-types.ts';
import { remarksText } from './remarks.ts';
import { parseStatement } from './statement.schema.ts';

const facts = breakGlassFactsOf();
const review = {
  by: 'iris',
  at: '2026-11-27T10:00:00.000Z',
  conclusion: 'it was needed',
  actRecord: { id: 'e1', sha256: 'b'.repeat(64) },
};
const reviewed: BreakGlassFacts = { ...facts, approvals: null, review };
const read = (of: BreakGlassFacts) => parseStatement(JSON.parse(JSON.stringify(breakGlassRecord(of))));
const checked = (of: BreakGlassFacts) => {
  const parsed = read(of);
  if (!parsed.ok) return parsed.sentence;
  if (parsed.value.predicateType !== breakGlassPredicateType) return 'another record';
  const check = checkBreakGlass(parsed.value.predicate);
  return check.outcome === 'failed' ? check.sentence : 'passed';
};

describe('the record of broken glass', () => {
  it.each([
    ['that it was broken', facts],
    ['of its review', reviewed],
    [
      'of a review of what was broken before such records',
      { ...reviewed, review: { ...review, actRecord: null } },
    ],
  ])('%s is read by its schema, about its plan, and quotes nobody', (_what, of) => {
    expect(checked(of)).toBe('passed');
    const parsed = read(of);
    if (!parsed.ok) throw new Error(parsed.sentence);
    expect(subjectsOf(parsed.value)).toEqual(parsed.value.subject);
    expect(JSON.stringify(parsed.value)).not.toMatch(/ORDER-7|I saw it|was needed/);
  });

  it('has what people said beside it', () => {
    expect(remarksText(breakGlassRemarks(reviewed, 'salt'))).toMatch(/ORDER-7.*I saw it.*it was needed/);
  });

  it('counts incidents beyond those that it names, and says so', () => {
    const many = Array.from({ length: 130 }, (_, at) => `i${at}`);
    const of = { ...facts, incidents: many, incidentsOpen: 130 };
    expect(checked(of)).toBe('passed');
    expect(breakGlassRecord(of).predicate.incidents).toHaveLength(100);
    expect(breakGlassRecord(of).predicate.does_not_prove.join()).toContain('30 more were open');
  });

  it.each<[string, BreakGlassFacts, RegExp]>([
    ['one person did it alone', { ...facts, second: { ...facts.second, by: 'olga' } }, /one person alone/],
    [
      'the second came a second too late',
      { ...facts, second: { ...facts.second, at: '2026-11-26T10:15:01.000Z' } },
      /later than a quarter/,
    ],
    [
      'the second came before the first',
      { ...facts, second: { ...facts.second, at: '2026-11-26T09:59:00.000Z' } },
      /before the first/,
    ],
    ['an incident stands twice', { ...facts, incidents: ['i1', 'i1'], incidentsOpen: 2 }, /incident twice/],
    [
      'it names fewer incidents than there were',
      { ...facts, incidents: [], incidentsOpen: 1 },
      /counts other/,
    ],
    ['it was reviewed with approvals to be counted', { ...facts, review }, /names a review/],
    ['it counts no approvals', { ...facts, approvals: null }, /names no review/],
    ['one of the two reviewed it', { ...reviewed, review: { ...review, by: 'omar' } }, /by one of the two/],
    ['who asked for it reviewed it', { ...reviewed, review: { ...review, by: 'rosa' } }, /by who asked/],
    [
      'it was reviewed before it was broken',
      { ...reviewed, review: { ...review, at: '2026-11-26T10:14:00.000Z' } },
      /before the glass/,
    ],
  ])('does not pass where %s', (_what, of, sentence) => {
    expect(checked(of)).toMatch(sentence);
  });
});
