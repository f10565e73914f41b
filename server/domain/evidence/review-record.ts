import type { z } from 'zod';
import { reviewPredicateType, statementType } from './predicate-types.ts';
import type { Subject } from './record.ts';
import type { reviewPredicate } from './review-predicate.schema.ts';
import type { VerdictCheck } from './verdict-check.ts';

type Predicate = Readonly<z.input<typeof reviewPredicate>>;
type ReviewStatement = {
  readonly _type: typeof statementType;
  readonly subject: readonly Subject[];
  readonly predicateType: typeof reviewPredicateType;
  readonly predicate: Predicate;
};

/** The record of a signed review as an in-toto Statement v1 about its bytes. It quotes nobody: what was written is in these. */
export function reviewRecord(facts: Omit<Predicate, 'does_not_prove'>): ReviewStatement {
  return {
    _type: statementType,
    subject: [
      { name: 'review.json', digest: { sha256: facts.document } },
      { name: 'review.md', digest: { sha256: facts.markdown } },
    ],
    predicateType: reviewPredicateType,
    predicate: {
      ...facts,
      does_not_prove: [
        'That what people wrote is true: it proves that these bytes were signed, by whom and when.',
        'That its actions were done: that is said beside it, afterwards.',
        'That no later revision says otherwise.',
      ],
    },
  };
}

/** Whether what the record of a review says agrees with itself. */
export function checkReview(predicate: z.output<typeof reviewPredicate>): VerdictCheck {
  const failed = (sentence: string): VerdictCheck => ({ outcome: 'failed', sentence });
  const { signers, authors, completed_by, evidence, counts } = predicate;
  if (signers.some((each) => authors.includes(each) || each === completed_by))
    return failed('Somebody signed it who wrote some of it or completed it.');
  if (counts.evidence !== evidence.length)
    return failed('The record counts other records of evidence than it names.');
  if (new Set(evidence.map(({ id }) => id)).size !== evidence.length)
    return failed('The record names the same record of evidence twice.');
  return { outcome: 'passed', recomputed: null };
}
