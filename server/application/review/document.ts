import {
  type OpinionSection,
  opinionSections,
  peopleIn,
  type ReviewDocument,
  reviewJson,
  reviewMarkdown,
} from '../../domain/review/index.ts';
import type { ActionRow, ReviewRow, ReviewStore, TextVersion } from '../ports/reviews.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

export type ReviewParts = {
  readonly row: ReviewRow;
  readonly texts: readonly TextVersion[];
  readonly actions: readonly ActionRow[];
  readonly authors: readonly string[];
};

export async function readParts(reviews: ReviewStore, tx: Transaction, row: ReviewRow): Promise<ReviewParts> {
  return {
    row,
    texts: await reviews.texts(tx, row.id),
    actions: await reviews.actions(tx, row.id),
    authors: await reviews.authors(tx, row.id),
  };
}

export function opinionsOf(texts: readonly TextVersion[]): Readonly<Record<OpinionSection, string>> {
  const all = opinionSections.map(
    (name) => [name, texts.find((each) => each.section === name)?.text ?? ''] as const,
  );
  return Object.fromEntries(all) as Record<OpinionSection, string>;
}

/** As it is signed. */
export function documentOf({ row, texts, actions, authors }: ReviewParts): ReviewDocument {
  return {
    format: 'reprise.review/v1',
    reviewId: row.id,
    revision: row.revision,
    facts: row.facts,
    opinions: opinionsOf(texts),
    authors,
    actions: actions.map(({ id, title, owner, dueOn, link, doneWhen }) => ({
      ...{ id, title, owner, dueOn, link, doneWhen },
    })),
  };
}

/** Its bytes: canonical JSON, and Markdown with names as they are now. */
export async function bytesOf(
  reviews: ReviewStore,
  tx: Transaction,
  document: ReviewDocument,
): Promise<{ readonly json: string; readonly markdown: string }> {
  const people = [
    ...document.authors,
    ...document.actions.flatMap(({ owner }) => (owner === null ? [] : [owner])),
    ...peopleIn(document.facts),
  ];
  const names = await reviews.names(tx, [...new Set(people)]);
  const nameOf = (id: string) => (id === 'reprise' ? 'Reprise' : (names.get(id) ?? id));
  return { json: reviewJson(document), markdown: reviewMarkdown(document, nameOf) };
}
