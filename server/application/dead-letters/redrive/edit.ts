import type { EngineContract, Selector } from '../../../domain/contract/index.ts';
import {
  type Change,
  changesBetween,
  type IdPlaces,
  idPlaces,
  withIdAt,
} from '../../../domain/dead-letters/index.ts';
import { withValue } from '../../../domain/replay/index.ts';
import { canonicalJson } from '../../../domain/shared/canonical-json.ts';
import { derivedId } from '../../../domain/shared/derived-id.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { revealedUntil } from '../../dashboard/reveal-values.ts';
import type { LetterPlace, LetterRow } from '../../ports/dead-letters.ts';
import type { RevealStore, Viewer } from '../../ports/reveals.ts';
import type { Reading } from '../letter-view.ts';
import { readerOf, recordOf } from '../open-letter.ts';
import { editableText } from '../show-record.ts';
import { loadStored } from '../watched-topics.ts';
import { type AskDeps, insertRedrive, refuseTaken } from './ask.ts';
import { type EditRefusal, refusalOf } from './check-edit.ts';
import { freezeRedrive, type RedrivePreview } from './freeze.ts';

export type EditDeps = AskDeps & { readonly reveals: RevealStore };

/** The value that somebody wants to send instead of a letter's own, as text. */
export type WantedEdit = LetterPlace & { readonly value: string; readonly ticket: string };

/** What an edit would come to. */
export type EditPreview = {
  /** Why it can't be sent; null: it can. */
  readonly refusal: EditRefusal | null;
  /** What is asked for: the letter, the value, where it goes. */
  readonly hash: string;
  readonly topic: string;
  readonly target: string;
  readonly intoHistory: boolean;
  readonly taken: number;
  readonly originalEventId: string | null;
  /** What the contract makes of the edited record; null: it was refused before that. */
  readonly reading: Reading | null;
  /** Of the values, member by member; null: one of them is no JSON. One above {@link CHANGES_SHOWN}: there are more. */
  readonly changes: readonly Change[] | null;
  readonly before: string;
  readonly bytes: number;
};

/** One whose value is edited sees what hidden values are: whoever may not, edits nothing. */
async function refuseUnseeing(deps: EditDeps, contractId: string, viewer: Viewer): Promise<void> {
  if (!viewer.rights.includes('respond') || !viewer.rights.includes('values'))
    throw new RepriseError('forbidden', 'Editing a letter needs the rights "respond" and "values".');
  if ((await revealedUntil(deps, contractId, viewer)) === null)
    throw new RepriseError(
      'forbidden',
      'The letter’s values are hidden from you: reveal them first, then edit what you see.',
    );
}

export const CHANGES_SHOWN = 200;

type Draft = {
  readonly preview: EditPreview;
  readonly frozen: RedrivePreview['frozen'];
  readonly row: LetterRow;
  readonly places: IdPlaces;
};

/** Looks at an edit as of now. Nothing is changed, and nothing is kept of it. */
export async function previewEdit(deps: EditDeps, wanted: WantedEdit, viewer: Viewer): Promise<EditPreview> {
  return (await draftEdit(deps, wanted, viewer)).preview;
}

async function draftEdit(deps: EditDeps, wanted: WantedEdit, viewer: Viewer): Promise<Draft> {
  const row = await deps.unitOfWork.run((tx) => deps.reads.find(tx, wanted));
  const lost = (why: string | null) =>
    new RepriseError(
      'dead-letter-not-found',
      why ?? `No dead letter stands at ${wanted.topic}/${wanted.partition}/${wanted.offset} any more.`,
      { where: wanted.topic },
    );
  if (row === null || deps.topics === null) throw lost(null);
  await refuseUnseeing(deps, row.contractId, viewer);
  const { record, problem } = await recordOf(deps.topics, row);
  if (record === null) throw lost(problem);
  const before = editableText(record);
  if (before === null)
    throw new RepriseError(
      'redrive-conflict',
      'Its value is no text, or is too long to be edited: Reprise encodes nothing. Have its service publish an event that corrects it.',
      { where: 'value' },
    );
  const { contractId, state } = row;
  const choice = { contractId, state, letters: [row], perSecond: 1, atMost: 1 };
  const { frozen, intoHistory, taken } = await freezeRedrive(deps, choice);
  const stored = await deps.contracts.latest(contractId);
  if (stored === null) throw new RepriseError('contract-not-found', `There is no contract ${contractId}.`);
  const contract = await loadStored(deps, stored);
  const places = placesOf(contract, state);
  const tried = valueWith(wanted.value, places, derivedId(deps.sha256, 'an edit that is looked at'));
  const edited = withValue(record, new TextEncoder().encode(tried ?? wanted.value));
  const read = await readerOf(deps, contract, stored.version);
  const { refusal, reading } = await refusalOf(
    { contract, read, mostBytes: await deps.topics.mostBytes(frozen.target) },
    { before, after: wanted.value, hasId: tried !== null, paths: places.paths, edited },
  );
  const [old, now] = [parsed(before), parsed(wanted.value)];
  const asked = { ...frozen, value: wanted.value, ticket: wanted.ticket.trim(), places };
  return {
    preview: {
      refusal,
      hash: deps.sha256(canonicalJson(asked)),
      topic: frozen.topic,
      target: frozen.target,
      intoHistory,
      taken,
      originalEventId: row.eventId,
      reading,
      changes: old === undefined || now === undefined ? null : changesBetween(old, now, CHANGES_SHOWN + 1),
      before,
      bytes: edited.value.length,
    },
    frozen,
    row,
    places,
  };
}

/** Where the contract reads the event's id, and where whoever parks it again is known to put it. */
function placesOf(contract: EngineContract, state: string): IdPlaces {
  const parked: Selector | null = contract.derivedStates[state]?.deadLetters?.id ?? null;
  const places = idPlaces([contract.envelope.id, ...(parked === null ? [] : [parked])]);
  if (places === null)
    throw new RepriseError(
      'redrive-conflict',
      'Its id stands in its key or is its whole value, so a new event can’t have an id of its own. Have its service publish an event that corrects it.',
      { where: 'value' },
    );
  return places;
}

/** null: there is no text at a place where the id has to stand. */
function valueWith(value: string, { paths }: IdPlaces, eventId: string): string | null {
  if (paths.length > 0 && parsed(value) === undefined) return null;
  return paths.reduce<string | null>(
    (text, path) => (text === null ? null : withIdAt(text, path, eventId)),
    value,
  );
}

/** undefined: it is no JSON. Of a number that JavaScript does not hold as it is written, what is written. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text, exactly) as unknown;
  } catch {
    return undefined;
  }
}

/** Two numbers above 2^53 that differ may be the same number here, and their difference is what an approver has to see. */
const exactly = (_name: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined && context.source !== String(value)
    ? `${context.source} (number)`
    : value;

/** Asks for what was previewed. What is kept and approved is the new event as it goes out, with its id. */
export async function requestEdit(
  deps: EditDeps,
  request: WantedEdit & { readonly hash: string; readonly reason: string },
  viewer: Viewer,
): Promise<{ readonly redriveId: string }> {
  if (request.reason.trim() === '')
    throw new RepriseError('input-invalid', 'A redrive has a reason.', { where: 'reason' });
  const { preview, frozen, row, places } = await draftEdit(deps, request, viewer);
  if (preview.hash !== request.hash)
    throw new RepriseError(
      'redrive-conflict',
      'This is not what was looked at: look at the edit again, then ask once more.',
    );
  if (preview.refusal !== null)
    throw new RepriseError('input-invalid', preview.refusal.sentence, { where: 'value' });
  refuseTaken(preview.taken);
  const id = deps.newId();
  const eventId = derivedId(deps.sha256, `edit of redrive ${id}`);
  const value = valueWith(request.value, places, eventId);
  if (value === null)
    throw new RepriseError('input-invalid', 'It has no place for an id.', { where: 'value' });
  const [salt, ticket] = [deps.newId(), request.ticket.trim()];
  const digest = deps.sha256(`${salt}\n${ticket}\n${value}`);
  const { partition, offset, eventId: originalEventId } = row;
  return insertRedrive(
    deps,
    { ...frozen, edit: { eventId, idHeaders: [...places.headers], digest } },
    [{ partition, offset, eventId }],
    { by: 'page' },
    { actor: viewer.id, reason: request.reason },
    { id, edit: { eventId, originalEventId, key: preview.reading?.key ?? null, ticket, salt, value } },
  );
}
