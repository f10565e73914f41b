import type { ReplayDetail, ReplaySummary } from '../../server/application/views.ts';
import { hasEnded } from '../../server/domain/replay/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { workerArguments } from '../../server/workers/arguments.ts';
import { comparisonLine } from './comparison-words.ts';
import { sayContractFiles } from './contract-files.ts';
import { checkReplayId } from './ids.ts';
import { optionalNumber } from './number-flag.ts';
import { type ExitCode, exitCodes, replayExitCode } from './outcome.ts';
import { askPatiently } from './patience.ts';
import { json, sayOlder, table } from './print.ts';
import { type ScopeFlags, scopeFromFlags } from './scope-flags.ts';
import { diffDocument, diffOfReplay, rowsTable } from './states.ts';
import { waiversFromFlags } from './waiver-flags.ts';
import type { CommandContext, World } from './world.ts';

type PlanFlags = ScopeFlags & {
  readonly contract: string;
  readonly version?: string;
  readonly waive?: readonly string[];
  readonly json?: boolean;
};
type RunFlags = PlanFlags & { readonly reason?: string; readonly rate?: string; readonly review?: boolean };

export async function planReplay(context: CommandContext, world: World, flags: PlanFlags): Promise<ExitCode> {
  await sayContractFiles(context, world, flags.contract);
  const preview = await world.commands.previewPlan(
    flags.contract,
    scopeFromFlags(flags),
    optionalNumber(flags.version, '--version'),
    { waivers: waiversFromFlags(flags.waive) },
  );
  if (flags.json) context.output.out(json(preview));
  if (preview.outcome === 'refused') {
    context.output.err(preview.problem?.sentence ?? 'The plan is refused.');
    return exitCodes.notDone;
  }
  if (flags.json || !preview.plan) return exitCodes.good;
  context.output.out(`Plan ${preview.planHash}`);
  context.output.out(
    // Positions of an event table have gaps, so that their number is a bound.
    `Reads ${preview.plan.history.kind === 'postgres' ? 'at most' : 'about'} ${preview.eventEstimate} events and compares ${preview.derivedStates.join(', ') || 'nothing'}.`,
  );
  context.output.out(
    table([
      ['PARTITION', 'FROM', 'TO'],
      ...preview.plan.ranges.map((range) => [String(range.partition), range.from, range.to]),
    ]),
  );
  for (const warning of preview.warnings) context.output.err(warning);
  return exitCodes.good;
}

/** Launches a replay, waits for its end, and prints what it came to: verdicts, differing keys, the evidence record. */
export async function runReplay(context: CommandContext, world: World, flags: RunFlags): Promise<ExitCode> {
  await requireWorker(world);
  await sayContractFiles(context, world, flags.contract);
  const launched = await world.commands.launch({
    contractId: flags.contract,
    scope: scopeFromFlags(flags),
    version: optionalNumber(flags.version, '--version'),
    rateLimit: optionalNumber(flags.rate, '--rate'),
    reason: flags.reason ?? '',
    review: flags.review ?? false,
    waivers: waiversFromFlags(flags.waive),
    actor: world.actor.id,
  });
  context.output.err(`Replay ${launched.replayId}`);
  if (launched.status === 'awaiting-approval') {
    context.output.err('It waits for approval, and runs when that is given.');
    return exitCodes.notDone;
  }
  const replay = await waitForEnd(context, world, launched.replayId);
  const diff = await readDiff(context, world, replay);
  if (flags.json) {
    const states = diff && diffDocument(diff);
    context.output.out(json({ ...(await readRecord(context, world, replay)), states }));
  } else {
    const rows = diff?.rows ?? [];
    context.output.out([summary(replay), ...(rows.length > 0 ? [rowsTable(rows)] : [])].join('\n'));
  }
  if (replay.failure) context.output.err(replay.failure.sentence);
  return replayExitCode(replay);
}

/** So many keys are a page that somebody may read, and no more than is good to have in memory. */
const mostRows = 1_000;

/** What `states diff` finds; null where nothing was compared to its end. To launch is not the right to see states. */
async function readDiff(context: CommandContext, world: World, { id, contractId, status }: ReplayDetail) {
  if (status !== 'finished') return null;
  if (!world.actor.rights.includes('read')) {
    context.output.err('Which keys differ needs the right "read".');
    return null;
  }
  const others = `reprise states diff ${contractId} --replay ${id}`;
  try {
    const diff = await askPatiently(context, () => diffOfReplay(world, contractId, id, mostRows));
    if (diff.more) context.output.err(`More keys differ than are printed here: ${others} prints them all.`);
    return diff;
  } catch (error) {
    // The replay has ended, and what it came to is recorded: that is told all the same.
    if (!(error instanceof RepriseError)) throw error;
    context.output.err(`Which keys differ could not be read (${others} tries again): ${error.message}`);
    return null;
  }
}

/** The record has a right of its own; who may run and not read it gets what the pages show. */
async function readRecord(context: CommandContext, world: World, replay: ReplayDetail) {
  const { evidenceId } = replay;
  if (!world.actor.rights.includes('evidence')) {
    context.output.err(
      'The record itself needs the right "evidence": this is the replay as the pages show it.',
    );
    return { evidence: evidenceId, record: null, replay };
  }
  const found = evidenceId
    ? await askPatiently(context, () => world.queries.evidenceRecord(evidenceId, world.actor))
    : null;
  return found ? { evidence: found.id, record: found.statement } : { evidence: null, record: null, replay };
}

/** Without a worker a replay would wait for ever: that is said before it is launched. */
async function requireWorker(world: World): Promise<void> {
  const { workers } = await world.queries.overview(world.actor);
  if (workers.alive > 0) return;
  throw new RepriseError(
    'history-unavailable',
    `No worker is alive, so nothing would run the replay. Start one: npm start, or node ${workerArguments().join(' ')}.`,
  );
}

const pollMs = 250;

async function waitForEnd(context: CommandContext, world: World, replayId: string): Promise<ReplayDetail> {
  let said = '';
  for (;;) {
    const replay = await askPatiently(context, () => world.queries.replay(replayId, world.actor));
    if (!replay) throw new RepriseError('replay-not-found', `Replay ${replayId} is gone.`);
    if (replay.status !== said) {
      said = replay.status;
      context.output.err(`${said}: ${replay.eventsProcessed} events`);
    }
    // The record is written in the transaction that ends the replay, so both are there or neither.
    if (hasEnded(replay.status)) return replay;
    await context.wait(pollMs);
  }
}

export async function listReplays(
  context: CommandContext,
  world: World,
  flags: { readonly contract?: string; readonly limit?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const limit = optionalNumber(flags.limit, '--limit') ?? 20;
  const page = await world.queries.replays({ contractId: flags.contract }, { limit });
  context.output.out(
    flags.json
      ? json(page)
      : table([
          [
            'REPLAY',
            'STATUS',
            'CONTRACT',
            'EVENTS',
            'DUPLICATES',
            'DISCREPANCIES',
            'CONFIDENCE',
            'AGREEMENT',
            'REQUESTED',
          ],
          ...page.rows.map((row) => [
            row.id,
            row.status,
            `${row.contractId} v${row.contractVersion}`,
            String(row.eventsProcessed),
            String(row.duplicates),
            discrepanciesIn(row),
            row.confidence ?? '',
            row.agreement ?? '',
            row.requestedAt,
          ]),
        ]),
  );
  sayOlder(context.output, page);
  return exitCodes.good;
}

export async function showReplay(
  context: CommandContext,
  world: World,
  id: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const replay = await world.queries.replay(checkReplayId(id), world.actor);
  if (!replay)
    throw new RepriseError('replay-not-found', `There is no replay ${id}; reprise replays list names them.`);
  context.output.out(flags.json ? json(replay) : summary(replay));
  if (!hasEnded(replay.status)) context.output.err(`The replay has not ended: ${replay.status}.`);
  return replayExitCode(replay);
}

/** In a list, which does not name the states: that something differs is known, and that nothing does where all were compared. */
function discrepanciesIn({ discrepancies, agreement }: ReplaySummary): string {
  if (discrepancies === null) return '';
  return discrepancies === 0 && agreement === 'not-compared' ? 'not known' : String(discrepancies);
}

/** A state that could not be compared has no differences that anybody knows of, which is not none. */
function discrepanciesOf({ discrepancies, comparisons }: ReplayDetail): string {
  const compared = comparisons.filter((each) => each.outcome !== 'could-not-compare').length;
  if (discrepancies === null || (compared === 0 && comparisons.length > 0)) return 'not known';
  return compared === comparisons.length
    ? String(discrepancies)
    : `${discrepancies} in ${compared} of ${comparisons.length} states`;
}

/** The verdicts of a replay in a few lines. */
function summary(replay: ReplayDetail): string {
  const lines = [
    `${replay.contractId} v${replay.contractVersion}: ${replay.status}, ${replay.confidence ?? 'no verdict'}, ${replay.agreement ?? 'not compared'}`,
    `events_processed ${replay.eventsProcessed}, duplicates_skipped ${replay.duplicates}, discrepancies ${discrepanciesOf(replay)}`,
  ];
  if (replay.confidenceReasons.length > 0) lines.push(`because: ${replay.confidenceReasons.join(', ')}`);
  if (replay.coverage) lines.push(replay.coverage.sentence);
  lines.push(...replay.comparisons.map(comparisonLine));
  for (const each of replay.invariants)
    lines.push(`${each.name}: ${each.outcome}${each.problem === null ? '' : ` (${each.problem})`}`);
  if (replay.evidenceId) lines.push(`evidence ${replay.evidenceId}`);
  return lines.join('\n');
}
