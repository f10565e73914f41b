import { MOST_LETTERS, mergeText, type OpinionSection } from '../../domain/review/index.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { ActionRow, ReviewRow, TextMerge } from '../ports/reviews.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type Asked, conflict, hold, type ReviewDeps, tell, wrong } from './deps.ts';
import { asDraft } from './draft.ts';

export type Saved = { readonly version: number; readonly text: string; readonly merge: TextMerge };
/** Two long lists of lines are compared with each other. */
const MOST_LINES = 2000;

/** A review that may be written, held. */
async function openForWriting(
  deps: ReviewDeps,
  tx: Transaction,
  { reviewId, personId }: Asked,
): Promise<ReviewRow> {
  await refuseLost(deps, tx, personId, 'respond');
  const row = await hold(deps, tx, reviewId);
  if (row.status === 'signed')
    throw conflict('It is signed, and what is signed is not changed. Begin a new revision.');
  return row;
}

/** One that was completed is a draft again, because it is about to be another. */
async function draftAgain(deps: ReviewDeps, tx: Transaction, row: ReviewRow): Promise<void> {
  if (row.status === 'complete') await deps.reviews.change(tx, row.id, asDraft);
}

export function createWriting(deps: ReviewDeps) {
  return {
    /** What somebody else saved meanwhile is merged in; where both changed the same lines, both stand there, marked. */
    save: (request: Asked & { section: OpinionSection; text: string; baseVersion: number }): Promise<Saved> =>
      deps.unitOfWork.run(async (tx) => {
        const { reviewId, personId, section, baseVersion } = request;
        const text = request.text.replace(/\r\n?/g, '\n');
        const row = await openForWriting(deps, tx, request);
        const newest = (await deps.reviews.texts(tx, reviewId)).find((each) => each.section === section);
        const current = newest ?? { version: 0, text: '' };
        if (baseVersion > current.version)
          throw wrong('baseVersion', `This section has no version ${baseVersion}: load the page again.`);
        const base =
          baseVersion === current.version
            ? current.text
            : ((await deps.reviews.text(tx, reviewId, section, baseVersion))?.text ?? '');
        refuseLong(text);
        const merged = mergeText(base, text, current.text);
        if (merged.text === current.text) return { ...current, merge: 'none' };
        refuseLong(merged.text);
        await draftAgain(deps, tx, row);
        const version = current.version + 1;
        const merge: TextMerge = merged.conflicts > 0 ? 'conflict' : merged.text === text ? 'none' : 'merged';
        await deps.reviews.addText(tx, reviewId, {
          section,
          version,
          text: merged.text,
          baseVersion,
          merge,
          writtenBy: personId,
        });
        await tell(deps, tx, row, {
          actor: personId,
          action: 'written',
          detail: { section, version, baseVersion, merge },
        });
        return { version, text: merged.text, merge };
      }),

    /** Writes an action, or its next version; `version` is the one that was before its writer, 0 for a new one. */
    saveAction: (
      request: Asked & {
        readonly actionId: string | null;
        readonly version: number;
        readonly title: string;
        readonly owner: string | null;
        readonly dueOn: string | null;
        readonly link: string | null;
        readonly doneWhen: string;
        readonly dropped: boolean;
      },
    ) =>
      deps.unitOfWork.run(async (tx) => {
        const { reviewId, personId, owner } = request;
        const row = await openForWriting(deps, tx, request);
        const known =
          request.actionId === null ? null : await deps.reviews.action(tx, reviewId, request.actionId);
        if (request.actionId !== null && known === null)
          throw wrong('actionId', `This review has no action ${request.actionId}.`);
        if ((known?.version ?? 0) !== request.version) throw await meanwhile(deps, tx, known);
        if (owner !== null && (await deps.people.standing(tx, owner))?.disabled !== false)
          throw wrong('owner', 'There is no such person, or they may not sign in: name somebody else.');
        await draftAgain(deps, tx, row);
        const id = known?.id ?? deps.newId();
        const version = request.version + 1;
        const { title, dueOn, link, doneWhen, dropped } = request;
        const action = { id, version, title, owner, dueOn, link, doneWhen, dropped, writtenBy: personId };
        await deps.reviews.addAction(tx, reviewId, action);
        await tell(deps, tx, row, {
          actor: personId,
          action: dropped ? 'action-dropped' : 'action-written',
          detail: { actionId: id, version, owner, dueOn },
        });
        return { actionId: id, version };
      }),

    /** That it is done, or is not after all: also of a signed review, because it is said beside what was signed. */
    mark: (request: Asked & { readonly actionId: string; readonly done: boolean; readonly note: string }) =>
      deps.unitOfWork.run(async (tx) => {
        const { reviewId, personId, actionId, done, note } = request;
        await refuseLost(deps, tx, personId, 'respond');
        const row = await hold(deps, tx, reviewId);
        const known = await deps.reviews.action(tx, reviewId, actionId);
        if (known === null || known.dropped)
          throw wrong('actionId', `This review has no action ${actionId}.`);
        if ((known.mark?.done ?? false) === done)
          throw conflict(done ? 'It is done already, as somebody has said.' : 'It is not done, as it is.');
        await deps.reviews.mark(tx, reviewId, { actionId, done, note: note.trim(), markedBy: personId });
        await tell(deps, tx, row, {
          actor: personId,
          action: done ? 'action-done' : 'action-not-done',
          detail: { actionId, note: note.trim() },
        });
        await deps.live.notify(tx, 'incidents');
      }),
  };
}

function refuseLong(text: string): void {
  if (text.length > MOST_LETTERS)
    throw wrong('text', `A section has at most ${MOST_LETTERS} letters, and this has ${text.length}.`);
  if (text.split('\n').length > MOST_LINES)
    throw wrong('text', `A section has at most ${MOST_LINES} lines. Attach what is longer to the incident.`);
}

async function meanwhile(deps: ReviewDeps, tx: Transaction, known: ActionRow | null) {
  if (known === null) return wrong('version', 'A new action has version 0.');
  const name = (await deps.reviews.names(tx, [known.writtenBy])).get(known.writtenBy) ?? 'somebody';
  return conflict(`Meanwhile ${name} has changed this action. Look at it as it is now, then do it again.`);
}
