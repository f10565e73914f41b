import { unmatchedAuthors, unmatchedWords } from '../../domain/approval/index.ts';
import type { ReadinessCheck } from '../ports/history.ts';
import type { Person } from '../ports/people.ts';

/** Whether those who wrote the contract are kept from approving its replays: they have to be known to Reprise for it. */
export function checkAuthors(
  authors: readonly string[],
  people: readonly Pick<Person, 'id' | 'email'>[],
): ReadinessCheck {
  const name = 'The authors are people of Reprise';
  const words = unmatchedWords(authors, unmatchedAuthors(authors, people));
  if (words === null)
    return {
      name,
      outcome: 'passed',
      found: `Known: ${authors.join(', ')}.`,
      consequence: null,
      remedy: null,
    };
  return {
    name,
    outcome: 'warning',
    found: words,
    consequence: 'Whoever wrote the contract could approve its replays, if they hold the role approver.',
    remedy:
      'Name them in the contract by the address that they sign in with, or by what stands in it before the @.',
  };
}
