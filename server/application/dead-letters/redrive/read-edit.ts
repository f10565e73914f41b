import { type Change, changesBetween } from '../../../domain/dead-letters/index.ts';
import { HIDDEN } from '../../dashboard/masking.ts';
import { revealedUntil } from '../../dashboard/reveal-values.ts';
import type { Viewer } from '../../ports/reveals.ts';
import { recordOf } from '../open-letter.ts';
import { editableText } from '../show-record.ts';
import { CHANGES_SHOWN, type EditDeps, parsed } from './edit.ts';

/** An edit that waits, or was sent, beside the letter that it corrects. */
export type EditView = {
  readonly eventId: string;
  /** null: the letter has none, or it was erased. */
  readonly originalEventId: string | null;
  readonly ticket: string;
  readonly isErased: boolean;
  /** Until when this viewer sees values; null: they are hidden, and which members differ is told. */
  readonly revealedUntil: string | null;
  /** Why the letter's own value can't be shown beside it; null: it can. */
  readonly problem: string | null;
  /** null: one of them is no JSON, or is not there. */
  readonly changes: readonly Change[] | null;
  /** As they were written; null: hidden, or not there. */
  readonly before: string | null;
  readonly after: string | null;
};

/** null: the redrive sends its letters as they are, or there is none. */
export async function readEdit(deps: EditDeps, redriveId: string, viewer: Viewer): Promise<EditView | null> {
  const { redrive, edit, letter } = await deps.unitOfWork.run(async (tx) => ({
    redrive: await deps.redrives.find(tx, redriveId),
    edit: await deps.redrives.edit(tx, redriveId),
    letter: (await deps.redrives.lettersOf(tx, redriveId, 0, 1))[0] ?? null,
  }));
  if (redrive === null || edit === null || letter === null) return null;
  const until = await revealedUntil(deps, redrive.contractId, viewer);
  const isRevealed = until !== null;
  const { record, problem } = await recordOf(deps.topics, { ...redrive, ...letter, gone: false });
  const before = record === null ? null : editableText(record);
  const { eventId, originalEventId, ticket, value: after } = edit;
  const [old, now] = [before, after].map((text) => (text === null ? undefined : parsed(text)));
  const changes = old === undefined || now === undefined ? null : changesBetween(old, now, CHANGES_SHOWN + 1);
  return {
    eventId,
    originalEventId,
    ticket,
    isErased: after === null,
    revealedUntil: until,
    problem,
    changes: isRevealed ? changes : (changes?.map(hideChange) ?? null),
    before: isRevealed ? before : null,
    after: isRevealed ? after : null,
  };
}

/** What kind of value stands there is told, as on a letter's page. */
const hideChange = ({ path, before, after }: Change): Change => ({
  path,
  before: before === null ? null : `${HIDDEN} (${kindOf(before)})`,
  after: after === null ? null : `${HIDDEN} (${kindOf(after)})`,
});

function kindOf(json: string): string {
  if (json.startsWith('"')) return 'string';
  if (/^[[{]/.test(json)) return json.startsWith('[') ? 'list' : 'object';
  return json === 'null' ? 'null' : /^[-\d]/.test(json) ? 'number' : 'boolean';
}
