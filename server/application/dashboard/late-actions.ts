import { counted } from '../../domain/shared/counted.ts';
import type { OverviewView } from '../ports/page-reads.ts';
import type { OverdueAction } from '../ports/reviews.ts';

type Need = OverviewView['needsYou'][number];

/** Each by itself, and beyond these all others in one line: a queue that is all of one kind hides what else waits. */
const NAMED = 5;

/** What people said after an incident that they would do, and have not done in time; the latest first. */
export function lateActions(late: readonly OverdueAction[]): readonly Need[] {
  const others = late.slice(NAMED);
  return [
    ...late.slice(0, NAMED).map(
      ({ title, owner, reviewId, dueOn, daysLate }): Need => ({
        kind: 'action',
        sentence: `An action of a review is ${counted(daysLate, 'day')} late${owner === null ? ', and nobody has taken it' : ''}: ${title.replace(/\.$/, '')}.`,
        href: `/reviews/${reviewId}`,
        since: `${dueOn}T00:00:00.000Z`,
      }),
    ),
    ...(others.length === 0
      ? []
      : [
          {
            kind: 'action' as const,
            sentence: `${counted(others.length, 'more action')} of reviews ${others.length === 1 ? 'is' : 'are'} late.`,
            href: '/reviews',
            count: others.length,
            since: others[0] === undefined ? null : `${others[0].dueOn}T00:00:00.000Z`,
          },
        ]),
  ];
}
