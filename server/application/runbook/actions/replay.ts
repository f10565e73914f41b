import { hasEnded, type Scope } from '../../../domain/replay/index.ts';
import type { ActionParams } from '../../../domain/runbook/index.ts';
import { derivedId } from '../../../domain/shared/derived-id.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Action, ActionContext, Outputs } from '../../ports/runbook-actions.ts';
import { launchReplay } from '../../replay/launch-replay.ts';
import { previewPlan } from '../../replay/preview-plan.ts';
import type { ReplayDetail } from '../../views.ts';
import { own } from './effect.ts';
import { isLeft, leftGoing, untilNextLook } from './left-going.ts';
import type { OwnActionDeps } from './own-deps.ts';
import { replayInWords } from './replay-in-words.ts';

const LOOK_MS = 1_000;

/**
 * Launches a replay as a person would, and waits for its approvals and its end. Where the attempt is cancelled or runs
 * out of time, the replay goes on: it is an act of its own, which its own page ends. It has an id that comes from the
 * attempt's, by which whoever takes that up again finds it.
 */
export function replayAction(deps: OwnActionDeps): Action<'replay'> {
  return {
    async preview(params) {
      const scope = scopeOf(params);
      const preview = await previewPlan(deps, params.contract, scope, undefined, {});
      if (preview.outcome === 'refused')
        throw new RepriseError('runbook-refused', preview.problem?.sentence ?? 'The plan is refused.');
      const compared = preview.derivedStates.join(', ') || 'nothing';
      return {
        sentence: `It would read about ${preview.eventEstimate ?? 0} events of ${params.contract}, and compare ${compared}. Nothing live is touched.`,
        shown: preview.warnings.map((text) => ({ kind: 'text' as const, text })),
        frozen: { scope },
      };
    },
    async perform(params, _frozen, context) {
      const replay = await endedOrLeft(deps, await launch(deps, params, context), context);
      const { id: replayId, status } = replay;
      if (!hasEnded(status))
        return leftGoing(
          { what: 'replay', status, href: `/replays/${replayId}` },
          { replayId, status },
          context.signal,
        );
      const isFinished = replay.status === 'finished';
      return {
        ...(isFinished ? {} : { failed: true }),
        sentence: isFinished
          ? replayInWords(replay)
          : `The replay ${endWords[replay.status] ?? `is ${replay.status}`}: ${replay.failure?.sentence ?? 'its page says why.'}`,
        outputs: outputsOf(replay),
        shown: [
          {
            kind: 'table',
            title: 'Derived states against history',
            columns: ['Derived state', 'Outcome', 'Keys', 'Differing', 'Events behind'],
            rows: replay.comparisons.map((each) => [
              each.derivedState,
              each.outcome,
              String(each.keys),
              String(each.missing + each.extra + each.different),
              each.eventsBehind,
            ]),
          },
        ],
        links: [
          { title: 'The replay', href: `/replays/${replay.id}` },
          ...(replay.evidenceId === null
            ? []
            : [{ title: 'Its record', href: `/evidence/${replay.evidenceId}` }]),
        ],
      };
    },
  };
}

const endWords: Readonly<Record<string, string>> = {
  refused: 'was refused',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

async function launch(
  deps: OwnActionDeps,
  params: ActionParams<'replay'>,
  context: ActionContext,
): Promise<string> {
  const replayId = derivedId(deps.sha256, `replay of attempt ${context.attemptId}`);
  if ((await deps.reads.replay(replayId)) !== null) return replayId;
  const { status } = await own(context, () =>
    launchReplay(deps, {
      replayId,
      contractId: params.contract,
      scope: scopeOf(params),
      reason: params.reason,
      actor: context.personId,
    }),
  );
  context.say(`Replay ${replayId} is ${status}.`);
  return replayId;
}

function scopeOf({ keys, partitions }: ActionParams<'replay'>): Scope {
  if (keys !== undefined && partitions !== undefined)
    throw new RepriseError('input-invalid', 'A replay is over keys or over partitions, and not over both.', {
      where: 'keys',
    });
  if (keys !== undefined) return { kind: 'keys', keys };
  if (partitions !== undefined) return { kind: 'partitions', partitions };
  return { kind: 'all' };
}

async function endedOrLeft(
  deps: OwnActionDeps,
  replayId: string,
  { signal, say }: { readonly signal: AbortSignal; say(line: string): void },
): Promise<ReplayDetail> {
  let said = '';
  for (;;) {
    const replay = await deps.reads.replay(replayId);
    if (replay === null) throw new RepriseError('replay-not-found', `Replay ${replayId} is gone.`);
    if (hasEnded(replay.status) || isLeft(signal)) return replay;
    if (replay.status !== said) {
      said = replay.status;
      say(
        said === 'awaiting-approval'
          ? 'It waits for approval, on its own page.'
          : `${said}: ${replay.eventsProcessed} of about ${replay.eventEstimate ?? '?'} events.`,
      );
    }
    await untilNextLook(deps, LOOK_MS, signal);
  }
}

/** What is not there, because nothing was compared for example, is no output. */
function outputsOf(replay: ReplayDetail): Outputs {
  const { id, status, confidence, agreement, evidenceId, eventsProcessed, discrepancies, counters } = replay;
  return {
    replayId: id,
    status,
    events: String(eventsProcessed),
    quarantined: counters.quarantined,
    outOfOrder: counters.outOfOrder,
    erased: counters.erased,
    ...(confidence === null ? {} : { confidence }),
    ...(agreement === null ? {} : { agreement }),
    ...(evidenceId === null ? {} : { evidenceId }),
    ...(discrepancies === null ? {} : { differing: discrepancies }),
  };
}
