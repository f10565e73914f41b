import { canonicalJson } from '../shared/canonical-json.ts';
import type { Fact, ReviewFacts } from './facts.ts';

/** What became of one fact, each a line: as it was, and as it is. */
export type FactChange = {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
};

const absentWords = { 'not-measured': 'not measured', 'nothing-on-record': 'nothing on record' } as const;

/** A fact's value as people read it, or why it has none. */
export function factWords({ value, absent }: Pick<Fact, 'value' | 'absent'>): string {
  return value ?? absentWords[absent ?? 'nothing-on-record'];
}

/** What a new set of facts says otherwise than the one before. */
export function whatChanged(before: ReviewFacts, after: ReviewFacts): readonly FactChange[] {
  const named = (facts: ReviewFacts) =>
    new Map([
      ...[...facts.impact, ...facts.detection, ...facts.history].map(
        (fact) => [fact.label, factWords(fact)] as const,
      ),
      ['Class', facts.incident.class],
      ['Title', facts.incident.title],
      ['Recovered at', facts.incident.recoveredAt ?? 'not recovered'],
      ...facts.timeline.map(
        ({ entryId, at, kind, text }) => [`Timeline: ${entryId}`, `${at} ${kind} ${text}`.trim()] as const,
      ),
      ...facts.evidence.map(
        (each) => [`Evidence: ${each.evidenceId}`, `${each.kind} ${each.status} ${each.digest}`] as const,
      ),
      ...facts.runs.map(
        (run) =>
          [`Run: ${run.title} (${run.runId})`, `${run.status}, ${run.attempts.length} attempts`] as const,
      ),
    ]);
  const [old, fresh] = [named(before), named(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((what) => {
    const [was, is] = [old.get(what) ?? null, fresh.get(what) ?? null];
    return was === is ? [] : [{ what, before: was, after: is }];
  });
}

export const sameFacts = (one: ReviewFacts, other: ReviewFacts): boolean =>
  canonicalJson(one) === canonicalJson(other);
