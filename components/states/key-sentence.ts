import { counted } from '@/components/ui/format-number.ts';
import { capitalised, listOf } from '@/components/ui/words.ts';
import { trustWords } from '@/components/vocabulary/agreement-words.ts';
import { deltaText, scalarText } from '@/components/vocabulary/scalar-text.ts';
import type { KeyView, StateRow } from '@/server/application/views.ts';
import { type Answer, unfinishedAnswer, untrustedAnswer } from './states-sentence.ts';

type Cell = StateRow['cells'][number];

type View = Pick<KeyView, 'row' | 'comparisons'> & {
  readonly replay: Pick<KeyView['replay'], 'status' | 'confidence' | 'scope' | 'coverage'>;
};

/** The answer of a key's page: the figures themselves where they fit into a sentence. */
export function keyAnswer(stateKey: string, view: View): Answer {
  const { cells } = view.row;
  const { status, confidence, scope } = view.replay;
  const ofKey = (answer: Answer): Answer => ({ ...answer, tab: `${answer.tab} · ${stateKey}` });
  const unfinished = unfinishedAnswer(status);
  if (unfinished !== null) return ofKey(unfinished);
  const differing = cells.filter((cell) => cell.kind !== 'equal' && cell.kind !== 'not-compared');
  const uncompared = cells.filter((cell) => cell.kind === 'not-compared');
  if (confidence === 'untrusted') return ofKey(untrustedAnswer(besideUntrusted(differing, uncompared)));
  // A replay of some keys reads every partition for them. Any other may have left out some of the key's own history, one
  // of partitions too: the key may have events in another, placed there by something else or before there were more.
  const coverage = scope.kind === 'keys' ? null : view.replay.coverage;
  const inPart = coverage?.kind === 'part';
  const doubt = confidence === 'trusted' && !inPart ? '' : `; ${trustWords({ confidence, coverage })}`;
  if (differing.length > 0) {
    const searched = differing.every((cell) => (cell.explanation?.candidates.length ?? 0) > 0);
    return {
      tone: 'different',
      verdict: `${differingWords(differing)}${doubt}.`,
      next: searched
        ? 'Below: the event behind each difference, and every event of this key in order.'
        : 'Not every difference has an event that explains it: read the key’s own history below.',
      tab: `${counted(differing.length, 'state')} ${differing.length === 1 ? 'differs' : 'differ'} · ${stateKey}`,
    };
  }
  if (uncompared.length > 0) {
    return {
      tone: 'unknown',
      verdict: `${capitalised(listOf(uncompared.map((cell) => cell.derivedState)))} could not be compared on this key.`,
      next: 'Open the replay: it says what could not be read.',
      tab: `not compared · ${stateKey}`,
    };
  }
  const behind = cells.filter((cell) => cell.standing === 'behind');
  if (behind.length > 0) {
    const far = behind.map(({ derivedState }) => {
      const events = view.comparisons.find((each) => each.derivedState === derivedState)?.eventsBehind ?? '0';
      return `${derivedState}, ${counted(BigInt(events), 'event')} behind`;
    });
    return {
      tone: 'accent',
      verdict: `Right on this key as far as applied: ${listOf(far)}${doubt}.`,
      next: 'Events of this key were not applied yet; its live figure of that position was not kept.',
      tab: `behind · ${stateKey}`,
    };
  }
  return {
    tone: confidence !== 'trusted' ? 'different' : inPart ? 'unknown' : 'verified',
    verdict: `Every derived state agrees with history on this key${cells.some((cell) => cell.standing === 'beyond') ? ', each at its own position' : ''}${doubt}.`,
    next: null,
    tab: `equal · ${stateKey}`,
  };
}

function besideUntrusted(differing: readonly Cell[], uncompared: readonly Cell[]): string {
  const named = (cells: readonly Cell[]) => listOf(cells.map((cell) => cell.derivedState));
  const clauses = [
    ...(differing.length === 0
      ? []
      : [`${named(differing)} ${differing.length === 1 ? 'differs' : 'differ'} from it`]),
    ...(uncompared.length === 0
      ? []
      : [`${named(uncompared)} ${uncompared.length === 1 ? 'was' : 'were'} not compared with it`]),
  ];
  return clauses.length === 0 ? 'no state differs from it' : listOf(clauses);
}

/** A delta is of the two figures beside it, so a state at another position than the replay's end names both itself. */
function differingWords(differing: readonly Cell[]): string {
  const wrong = differing.map((cell) => ({ cell, fields: wrongFields(cell) }));
  const [first] = wrong;
  const field = first?.fields[0];
  const oneField =
    field !== undefined &&
    wrong.every(
      ({ cell, fields }) =>
        cell.kind === 'different' && fields.length === 1 && fields[0]?.field === field.field,
    );
  if (!oneField) return capitalised(listOf(wrong.map(({ cell, fields }) => clauseOf(cell, fields))));
  const moved = wrong.some(({ cell }) => cell.standing !== 'at-end');
  const says = wrong.map(({ cell, fields }) => {
    const [only] = fields;
    const difference = only === undefined ? null : deltaText(only.live, only.history);
    const delta = difference === null ? '' : ` (${difference})`;
    const live = `${cell.derivedState} says ${scalarText(only?.live ?? null)}`;
    if (!moved) return `${live}${delta}`;
    const place = cell.standing === 'at-end' ? 'history says' : 'history at its position says';
    return `${live} of ${field.field} where ${place} ${scalarText(only?.history ?? null)}${delta}`;
  });
  if (moved) return capitalised(listOf(says));
  return `History says ${scalarText(field.history)} of ${field.field}; ${listOf(says)}`;
}

function wrongFields(cell: Cell) {
  return cell.fields.filter((field) => field.live !== field.history);
}

function clauseOf(cell: Cell, fields: ReturnType<typeof wrongFields>): string {
  switch (cell.kind) {
    case 'missing':
      return `${cell.derivedState} has no row of this key`;
    case 'extra':
      return `${cell.derivedState} has a row that history does not know`;
    default:
      return `${cell.derivedState} is wrong on ${listOf(fields.map((field) => field.field))}`;
  }
}
