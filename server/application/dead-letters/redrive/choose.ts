import { counted } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { LetterPlace, LetterReads, LetterRow, StandingLetter } from '../../ports/dead-letters.ts';
import type { ChosenLetter } from '../../ports/redrives.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';

/** Letters of a group that a redrive of it passes over. */
export type LeftOut = {
  /** A redrive has reprocessed their event, or holds a letter of it. */
  readonly taken: number;
  /** A newer letter of their event stands, which is sent instead. */
  readonly parkedAgain: number;
  /** Several states park there, and nobody says whose they are. */
  readonly notKnown: number;
  /** The first of those, as `partition/offset`. */
  readonly notKnownAt: readonly string[];
};

export type Choice = {
  readonly chosen: readonly ChosenLetter[];
  /** More may be sent than were asked for. */
  readonly isCut: boolean;
  /** Up to where the choice ends. */
  readonly leftOut: LeftOut;
};

type Deps = { readonly unitOfWork: UnitOfWork; readonly reads: LetterReads };
/** A letter by the place where it was looked at; with the identity of its topic then, where that is known. */
export type StoodLetter = LetterPlace & { readonly identity?: string | undefined };
type Wanted = {
  readonly contractId: string;
  readonly state: string;
  readonly groupId?: string | undefined;
  readonly letters?: readonly StoodLetter[] | undefined;
  readonly atMost: number;
};

const PAGE = 1_000;
const NAMED = 10;

/** Letters that may be sent for a state, the oldest first; or those that are named, all of them or none. */
export function choose(deps: Deps, topic: string, identity: string, wanted: Wanted): Promise<Choice> {
  const { letters, atMost, ...of } = wanted;
  return letters === undefined
    ? ofGroup(deps, { ...of, topic, identity }, atMost)
    : byPlace(deps, topic, identity, { ...wanted, letters });
}

async function ofGroup(
  { unitOfWork, reads }: Deps,
  of: Parameters<LetterReads['standing']>[1],
  atMost: number,
): Promise<Choice> {
  const chosen: ChosenLetter[] = [];
  const passed: StandingLetter[] = [];
  return unitOfWork.run(async (tx) => {
    let after: StandingLetter | null = null;
    for (;;) {
      const rows: readonly StandingLetter[] = await reads.standing(tx, of, after, PAGE);
      for (const row of rows) {
        if (row.standing !== 'free') passed.push(row);
        else if (chosen.length === atMost) return { chosen, isCut: true, leftOut: toLeftOut(passed) };
        else chosen.push(toChosen(row));
      }
      after = rows.at(-1) ?? null;
      if (rows.length < PAGE) return { chosen, isCut: false, leftOut: toLeftOut(passed) };
    }
  });
}

const toChosen = ({ partition, offset, eventId }: ChosenLetter): ChosenLetter => ({
  partition,
  offset,
  eventId,
});

function toLeftOut(passed: readonly StandingLetter[]): LeftOut {
  const of = (standing: StandingLetter['standing']) => passed.filter((each) => each.standing === standing);
  const notKnown = of('not-known');
  return {
    taken: of('taken').length,
    parkedAgain: of('parked-again').length,
    notKnown: notKnown.length,
    notKnownAt: notKnown.slice(0, NAMED).map(placeOf),
  };
}

const placeOf = ({ partition, offset }: { readonly partition: number; readonly offset: string }) =>
  `${partition}/${offset}`;

/** null: nothing is left out. */
export function leftOutWords({ taken, parkedAgain, notKnown, notKnownAt }: LeftOut): string | null {
  const words: string[] = [];
  if (taken > 0) words.push(`${counted(taken, 'letter')} reprocessed already, or held by another redrive`);
  if (parkedAgain > 0)
    words.push(
      `${counted(parkedAgain, 'letter')} parked again since: of each event only the newest letter is sent, with those of its own cause`,
    );
  if (notKnown > 0)
    words.push(
      `${counted(notKnown, 'letter')} of which no header says which of several states has parked ${notKnown === 1 ? 'it' : 'them'} (${notKnownAt.join(', ')}${notKnown > notKnownAt.length ? ' …' : ''})`,
    );
  return words.length === 0 ? null : `Left out: ${words.join('; ')}.`;
}

async function byPlace(
  { unitOfWork, reads }: Deps,
  topic: string,
  identity: string,
  wanted: Wanted & { readonly letters: readonly StoodLetter[] },
): Promise<Choice> {
  if (wanted.letters.some((each) => each.identity !== undefined && each.identity !== identity))
    throw new RepriseError(
      'dead-letter-not-found',
      `${topic} was deleted and made again since: what stands there now is another letter than was looked at.`,
      { where: topic },
    );
  const rows = await unitOfWork.run(async (tx) => {
    const found: LetterRow[] = [];
    for (const { partition, offset } of wanted.letters) {
      const row = await reads.find(tx, { topic, partition, offset });
      if (row === null || row.gone || row.identity !== identity)
        throw new RepriseError(
          'dead-letter-not-found',
          `No dead letter stands at ${topic}/${partition}/${offset} any more.`,
          { where: topic },
        );
      found.push(row);
    }
    return found;
  });
  refuseOthers(rows, wanted);
  const ids = rows.flatMap(({ eventId }) => (eventId === null ? [] : [eventId]));
  if (new Set(ids).size < ids.length)
    throw new RepriseError(
      'redrive-conflict',
      `These are ${rows.length} letters of ${rows.length - ids.length + new Set(ids).size} events: of each event send one letter, the newest.`,
      { where: topic },
    );
  const chosen = rows.slice(0, wanted.atMost).map(toChosen);
  const leftOut = { taken: 0, parkedAgain: 0, notKnown: 0, notKnownAt: [] };
  return { chosen, isCut: rows.length > chosen.length, leftOut };
}

/** At the same place of another topic stands another letter, which nobody has asked for. */
export function refuseElsewhere(
  topic: string,
  { state, letters = [] }: Pick<Wanted, 'state' | 'letters'>,
): void {
  const elsewhere = letters.find((each) => each.topic !== topic);
  if (elsewhere !== undefined)
    throw new RepriseError(
      'dead-letter-not-found',
      `${state} parks in another topic by now than the one that this letter stands in.`,
      { where: elsewhere.topic },
    );
}

/** What another state has parked, or nobody knows who, its consumer may never have had: it is not sent for this one. */
function refuseOthers(rows: readonly LetterRow[], { contractId, state }: Wanted): void {
  const named = (found: readonly LetterRow[]) =>
    found.slice(0, NAMED).map(placeOf).join(', ') + (found.length > NAMED ? ' …' : '');
  const unknown = rows.filter(({ isOwnerKnown }) => !isOwnerKnown);
  if (unknown.length > 0)
    throw new RepriseError(
      'redrive-conflict',
      `Several states park in ${rows[0]?.topic ?? ''}, and no header says which has parked ${counted(unknown.length, 'letter')}: ${named(unknown)}. A consumer says it by dlq.projector.`,
    );
  const others = rows.filter((row) => row.contractId !== contractId || row.state !== state);
  if (others.length > 0)
    throw new RepriseError(
      'redrive-conflict',
      `Another state than ${state} of ${contractId} has parked ${counted(others.length, 'letter')}: ${named(others)}.`,
    );
}
