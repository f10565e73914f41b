import { RepriseError } from '../../domain/shared/errors.ts';
import { hideWords } from '../dashboard/masking.ts';
import { hiddenFrom } from '../dashboard/reveal-values.ts';
import type { PageRequest } from '../ports/dashboard.ts';
import type { LetterFilter, LetterPlace, LetterRow, LetterTopicView } from '../ports/dead-letters.ts';
import type { Redrive, RedrivenLetter } from '../ports/redrives.ts';
import type { Viewer } from '../ports/reveals.ts';
import type { Page } from '../views.ts';
import type { LetterView } from './letter-view.ts';
import { type OpenDeps, openLetter } from './open-letter.ts';
import { contractOf, listLetters, readTopics } from './read-letters.ts';
import { type AskDeps, decideRedrive, requestRedrive, steerRedrive } from './redrive/ask.ts';
import { freezeRedrive, type RedrivePreview, type Wanted } from './redrive/freeze.ts';

/** What pages show before somebody asks for it. */
export type ShownPreview = Pick<
  RedrivePreview,
  'hash' | 'isCut' | 'intoHistory' | 'looked' | 'refused' | 'taken'
> & { readonly letters: number; readonly target: string; readonly topic: string };

/** What the pages of dead letters ask and do. */
export type LetterDesk = {
  topics(viewer: Viewer): Promise<readonly LetterTopicView[]>;
  list(filter: LetterFilter, page: PageRequest, viewer: Viewer): Promise<Page<LetterRow>>;
  /** null: no letter of this place was ever indexed. */
  letter(place: LetterPlace, viewer: Viewer): Promise<LetterView | null>;
  /** The newest 50. */
  redrives(): Promise<readonly Redrive[]>;
  /** With at most 200 of its letters from a number on; null: there is none. */
  redrive(
    id: string,
    after: number,
    viewer: Viewer,
  ): Promise<(Redrive & { readonly shown: readonly RedrivenLetter[] }) | null>;
  preview(wanted: Wanted, viewer: Viewer): Promise<ShownPreview>;
  request(request: Parameters<typeof requestRedrive>[1]): ReturnType<typeof requestRedrive>;
  decide(request: Parameters<typeof decideRedrive>[1]): ReturnType<typeof decideRedrive>;
  steer(request: Parameters<typeof steerRedrive>[1]): ReturnType<typeof steerRedrive>;
};

const SHOWN = 200;

export function createLetterDesk(deps: OpenDeps & AskDeps): LetterDesk {
  const hides = async (contractId: string, viewer: Viewer) => {
    const contract = await contractOf(deps, contractId).catch(() => null);
    return contract === null || (await hiddenFrom(deps, contractId, [contract], viewer)) !== null;
  };
  return {
    topics: (viewer) => readTopics(deps, viewer),
    list: (filter, page, viewer) => listLetters(deps, filter, page, viewer),
    letter: (place, viewer) => openLetter(deps, place, viewer),
    redrives: () => deps.unitOfWork.run((tx) => deps.redrives.list(tx, 50)),
    async redrive(id, after, viewer) {
      const found = await deps.unitOfWork.run(async (tx) => ({
        redrive: await deps.redrives.find(tx, id),
        shown: await deps.redrives.lettersOf(tx, id, after, SHOWN),
      }));
      if (found.redrive === null) return null;
      const isHidden = await hides(found.redrive.contractId, viewer);
      const shown = found.shown.map((each) =>
        isHidden && each.cause !== null ? { ...each, cause: hideWords(each.cause) } : each,
      );
      return { ...found.redrive, shown };
    },
    async preview(wanted, viewer) {
      if (!viewer.rights.includes('respond'))
        throw new RepriseError('forbidden', 'Sending letters again needs the right "respond".');
      const { frozen, chosen, ...preview } = await freezeRedrive(deps, wanted);
      const isHidden = await hides(wanted.contractId, viewer);
      return {
        hash: preview.hash,
        isCut: preview.isCut,
        intoHistory: preview.intoHistory,
        looked: preview.looked,
        taken: preview.taken,
        letters: chosen.length,
        target: frozen.target,
        topic: frozen.topic,
        refused: preview.refused.map((each) =>
          isHidden ? { ...each, sentence: hideWords(each.sentence) } : each,
        ),
      };
    },
    request: (request) => requestRedrive(deps, request),
    decide: (request) => decideRedrive(deps, request),
    steer: (request) => steerRedrive(deps, request),
  };
}
