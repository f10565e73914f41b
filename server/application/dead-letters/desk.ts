import type { PageRequest } from '../ports/dashboard.ts';
import type { LetterFilter, LetterPlace, LetterRow, LetterTopicView } from '../ports/dead-letters.ts';
import type { Viewer } from '../ports/reveals.ts';
import type { Page } from '../views.ts';
import type { LetterView } from './letter-view.ts';
import { type OpenDeps, openLetter } from './open-letter.ts';
import { type LetterPageDeps, listLetters, readTopics } from './read-letters.ts';

/** What the pages of dead letters ask. */
export type LetterDesk = {
  topics(viewer: Viewer): Promise<readonly LetterTopicView[]>;
  list(filter: LetterFilter, page: PageRequest, viewer: Viewer): Promise<Page<LetterRow>>;
  /** null: no letter of this place was ever indexed. */
  letter(place: LetterPlace, viewer: Viewer): Promise<LetterView | null>;
};

export function createLetterDesk(deps: LetterPageDeps & OpenDeps): LetterDesk {
  return {
    topics: (viewer) => readTopics(deps, viewer),
    list: (filter, page, viewer) => listLetters(deps, filter, page, viewer),
    letter: (place, viewer) => openLetter(deps, place, viewer),
  };
}
