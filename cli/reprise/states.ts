import type { ReplaySummary, StateRow, StatesView } from '../../server/application/views.ts';
import { hasEnded } from '../../server/domain/replay/index.ts';
import { differenceOf } from '../../server/domain/shared/decimals.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { comparisonLine } from './comparison-words.ts';
import { checkReplayId } from './ids.ts';
import { type ExitCode, exitCodes, replayExitCode } from './outcome.ts';
import { json, table } from './print.ts';
import type { CommandContext, World } from './world.ts';

type Flags = { readonly replay?: string; readonly json?: boolean };
/** A finished replay against the live states: what came of each comparison, and every key that differs. */
type Diff = {
  readonly view: StatesView;
  readonly replay: ReplaySummary;
  readonly rows: readonly StateRow[];
  /** There are others that are not among them. */
  readonly more: boolean;
};

const pageSize = 200;

/** Every key on which a derived state differs from history, the largest difference first. */
export async function diffStates(
  context: CommandContext,
  world: World,
  contractId: string,
  flags: Flags,
): Promise<ExitCode> {
  if (flags.replay !== undefined) checkReplayId(flags.replay);
  const view = await world.queries.states(contractId, flags.replay);
  if (!view)
    throw new RepriseError(
      'contract-not-found',
      flags.replay === undefined
        ? `There is no contract ${contractId}; reprise contracts list names them.`
        : `There is no replay ${flags.replay} of ${contractId}; reprise replays list names them.`,
    );
  if (!view.replay) {
    throw new RepriseError(
      'replay-not-found',
      `Nothing of ${contractId} has been replayed yet; reprise replays run --contract ${contractId} does it.`,
    );
  }
  if (view.replay.status !== 'finished') {
    context.output.err(unfinished(view.replay));
    return exitCodes.notDone;
  }
  const diff = await withRows(world, view, view.replay);
  context.output.out(flags.json ? json(diffDocument(diff)) : diffText(diff));
  return replayExitCode(view.replay);
}

/** What `states diff` finds of this one replay, which has finished; of its keys about so many at most. */
export async function diffOfReplay(
  world: World,
  contractId: string,
  replayId: string,
  mostRows: number,
): Promise<Diff> {
  const view = await world.queries.states(contractId, replayId);
  if (!view?.replay)
    throw new RepriseError('replay-not-found', `There is no replay ${replayId} of ${contractId}.`);
  return withRows(world, view, view.replay, mostRows);
}

async function withRows(
  world: World,
  view: StatesView,
  replay: ReplaySummary,
  mostRows = Number.POSITIVE_INFINITY,
): Promise<Diff> {
  return { view, replay, ...(await readRows(world, view.contractId, replay.id, mostRows)) };
}

/** What `--json` prints of it. */
export const diffDocument = ({ view, replay, rows, more }: Diff) => ({
  replay: replay.id,
  confidence: replay.confidence,
  agreement: replay.agreement,
  coverage: replay.coverage,
  comparisons: view.comparisons,
  rows,
  more,
});

/** It has compared nothing, or not all. */
function unfinished({ id, status, failure }: ReplaySummary): string {
  if (!hasEnded(status)) return `Replay ${id} has not ended (${status}), and says nothing of its states yet.`;
  const why = failure === null ? '' : ` ${failure.sentence}`;
  return `Replay ${id} is ${status}, and says nothing of its states.${why}`;
}

/** Against which replay, of how much it speaks where that is not the whole, the differences, and of each derived state that does not agree what came of comparing it. */
function diffText(diff: Diff): string {
  const { id, confidence, agreement, coverage } = diff.replay;
  const head = `Replay ${id}: ${confidence ?? 'no verdict'}, ${agreement ?? 'not compared'}`;
  const part = coverage?.kind === 'part' ? [coverage.sentence] : [];
  return [head, ...part, findings(diff)].join('\n');
}

function findings({ view, replay, rows }: Diff): string {
  const notes = view.comparisons.filter((each) => each.outcome !== 'equal' || each.problem !== null);
  const lines = notes.map(comparisonLine);
  if (rows.length > 0) return [rowsTable(rows), ...lines].join('\n');
  if (view.comparisons.some((each) => each.outcome !== 'could-not-compare'))
    lines.unshift(
      `No differences on ${view.keysTotal} keys; the replay is ${replay.confidence ?? 'without a verdict'}.`,
    );
  // An invariant over a live store can fail, or give no answer, where every key agrees.
  if (lines.length < 2 && replay.agreement !== 'equal')
    lines.push(
      `Agreement: ${replay.agreement ?? 'not compared'}; reprise replays show ${replay.id} says why.`,
    );
  return lines.join('\n');
}

/** The values of every key that differs, and the event behind each difference. */
export const rowsTable = (rows: readonly StateRow[]): string =>
  table([['KEY', 'STATE', 'FIELD', 'HISTORY', 'LIVE', 'DELTA', 'EXPLAINED BY'], ...rows.flatMap(linesOf)]);

async function readRows(
  world: World,
  contractId: string,
  replayId: string,
  most: number,
): Promise<{ readonly rows: readonly StateRow[]; readonly more: boolean }> {
  const rows: StateRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await world.queries.stateRows(
      contractId,
      { replayId, differingOnly: true },
      { cursor, limit: pageSize },
      world.actor,
    );
    rows.push(...page.rows);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && rows.length < most);
  return { rows, more: cursor !== undefined };
}

function linesOf(row: StateRow): readonly (readonly string[])[] {
  return row.cells
    .filter((cell) => cell.kind === 'different' || cell.kind === 'missing' || cell.kind === 'extra')
    .flatMap((cell) =>
      cell.fields
        .filter((field) => cell.kind !== 'different' || field.live !== field.history)
        .map((field) => {
          const best = cell.explanation?.candidates[0];
          return [
            row.key,
            cell.derivedState,
            field.field,
            cell.kind === 'extra' ? 'no row' : String(field.history),
            cell.kind === 'missing' ? 'no row' : String(field.live),
            differenceOf(field.live, field.history) ?? '',
            best
              ? `${best.cause} ${best.eventType} v${best.eventVersion} p${best.partition}:${best.offset} (${best.certainty})`
              : (cell.explanation?.sentence ?? 'not searched'),
          ];
        }),
    );
}
