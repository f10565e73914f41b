import { RepriseError } from '../../domain/shared/errors.ts';
import { hideOutcome, hideWords } from '../dashboard/masking.ts';
import { revealedUntil } from '../dashboard/reveal-values.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { PageRequest } from '../ports/dashboard.ts';
import type { LetterFilter, LetterPlace, LetterRow, LetterTopicView } from '../ports/dead-letters.ts';
import type { Redrive, RedrivenLetter } from '../ports/redrives.ts';
import type { Viewer } from '../ports/reveals.ts';
import type { Page } from '../views.ts';
import { type LaterDeps, type LetterLater, readLater } from './later.ts';
import type { LetterView } from './letter-view.ts';
import { openLetter } from './open-letter.ts';
import { listLetters, readTopics } from './read-letters.ts';
import { type AskDeps, decideRedrive, requestRedrive, steerRedrive } from './redrive/ask.ts';
import { leftOutWords } from './redrive/choose.ts';
import { type EditPreview, previewEdit, requestEdit, type WantedEdit } from './redrive/edit.ts';
import { endWait } from './redrive/end-wait.ts';
import { freezeRedrive, type RedrivePreview, type Wanted } from './redrive/freeze.ts';
import { type EditView, readEdit } from './redrive/read-edit.ts';
import { readWaitingRedrives, type WaitingRedrive } from './redrive/waiting.ts';

/** What pages show before somebody asks for it. */
export type ShownPreview = Pick<
  RedrivePreview,
  'hash' | 'isCut' | 'intoHistory' | 'looked' | 'refused' | 'taken'
> & {
  readonly letters: number;
  readonly target: string;
  readonly topic: string;
  /** What of the choice is not sent, and why; null: all of it is. */
  readonly leftOut: string | null;
};

/** What the pages of dead letters ask and do. */
export type LetterDesk = {
  /** With the group that is asked for, be it one of many with few letters. */
  topics(asked: LetterFilter, viewer: Viewer): Promise<readonly LetterTopicView[]>;
  list(filter: LetterFilter, page: PageRequest, viewer: Viewer): Promise<Page<LetterRow>>;
  /** null: no letter of this place was ever indexed. */
  letter(place: LetterPlace, viewer: Viewer): Promise<LetterView | null>;
  /**
   * What became of its key since; null: no letter of this place was ever indexed.
   * @param search whether the history behind it is read too
   */
  later(place: LetterPlace, search: boolean): Promise<LetterLater | null>;
  /** The newest 50. */
  redrives(): Promise<readonly Redrive[]>;
  /** With the first 200 of its letters; null: there is none. */
  redrive(
    id: string,
    viewer: Viewer,
  ): Promise<(Redrive & { readonly shown: readonly RedrivenLetter[] }) | null>;
  /** Letters of a frozen set in the order in which they are sent, after a number. */
  lettersOf(id: string, after: number, viewer: Viewer): Promise<LettersPage>;
  /** Those that wait for approval, the oldest first. */
  waiting(reader: Parameters<typeof readWaitingRedrives>[1]): Promise<readonly WaitingRedrive[]>;
  preview(wanted: Wanted, viewer: Viewer): Promise<ShownPreview>;
  request(request: Parameters<typeof requestRedrive>[1]): ReturnType<typeof requestRedrive>;
  /** What sending another value instead of a letter's own would come to: nothing is kept. */
  previewEdit(wanted: WantedEdit, viewer: Viewer): Promise<EditPreview>;
  requestEdit(request: Parameters<typeof requestEdit>[1], viewer: Viewer): ReturnType<typeof requestEdit>;
  /** null: the redrive sends its letters as they are. */
  edit(redriveId: string, viewer: Viewer): Promise<EditView | null>;
  decide(request: Parameters<typeof decideRedrive>[1]): ReturnType<typeof decideRedrive>;
  steer(request: Parameters<typeof steerRedrive>[1]): ReturnType<typeof steerRedrive>;
  endWait(request: Parameters<typeof endWait>[1]): ReturnType<typeof endWait>;
};

export type LettersPage = {
  readonly rows: readonly RedrivenLetter[];
  /** Where the next ones begin; null: there are no more. */
  readonly next: number | null;
};

const SHOWN = 200;

export function createLetterDesk(
  deps: LaterDeps & AskDeps & { readonly approvals: Pick<ApprovalStore, 'now'> },
): LetterDesk {
  const hides = async (contractId: string, viewer: Viewer) =>
    (await revealedUntil(deps, contractId, viewer)) === null;
  const lettersOf = async (
    { id, contractId }: Redrive,
    after: number,
    viewer: Viewer,
  ): Promise<LettersPage> => {
    const found = await deps.unitOfWork.run((tx) => deps.redrives.lettersOf(tx, id, after, SHOWN + 1));
    const isHidden = await hides(contractId, viewer);
    const rows = found
      .slice(0, SHOWN)
      .map((each) => (isHidden && each.cause !== null ? { ...each, cause: hideOutcome(each.cause) } : each));
    return { rows, next: found.length > SHOWN ? (rows.at(-1)?.number ?? null) : null };
  };
  return {
    topics: (asked, viewer) => readTopics(deps, asked, viewer),
    list: (filter, page, viewer) => listLetters(deps, filter, page, viewer),
    letter: (place, viewer) => openLetter(deps, place, viewer),
    later: (place, search) => readLater(deps, place, search),
    redrives: () => deps.unitOfWork.run((tx) => deps.redrives.list(tx, 50)),
    async redrive(id, viewer) {
      const redrive = await deps.unitOfWork.run((tx) => deps.redrives.find(tx, id));
      return redrive === null ? null : { ...redrive, shown: (await lettersOf(redrive, 0, viewer)).rows };
    },
    async lettersOf(id, after, viewer) {
      const redrive = await deps.unitOfWork.run((tx) => deps.redrives.find(tx, id));
      return redrive === null ? { rows: [], next: null } : lettersOf(redrive, after, viewer);
    },
    waiting: (reader) => readWaitingRedrives(deps, reader),
    async preview(wanted, viewer) {
      if (!viewer.rights.includes('respond'))
        throw new RepriseError('forbidden', 'Sending letters again needs the right "respond".');
      const { frozen, chosen, ...preview } = await freezeRedrive(deps, wanted);
      const isHidden = await hides(wanted.contractId, viewer);
      return {
        hash: preview.hash,
        isCut: preview.isCut,
        leftOut: leftOutWords(preview.leftOut),
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
    previewEdit: (wanted, viewer) => previewEdit(deps, wanted, viewer),
    requestEdit: (request, viewer) => requestEdit(deps, request, viewer),
    edit: (redriveId, viewer) => readEdit(deps, redriveId, viewer),
    decide: (request) => decideRedrive(deps, request),
    steer: (request) => steerRedrive(deps, request),
    endWait: (request) => endWait(deps, request),
  };
}
