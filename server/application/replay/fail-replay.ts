import { hasEnded } from '../../domain/replay/index.ts';
import type { Log } from '../ports/log.ts';
import type { Tries } from '../ports/result-store.ts';
import type { ReplayDeps } from './deps.ts';
import { judgeFailure } from './failures.ts';
import { tellPages } from './tell-pages.ts';
import { noteFailure } from './write-evidence.ts';

/**
 * Decides what an error means for a replay and writes it down: it waits and is taken up again by itself, or it
 * goes to its end, where the failure becomes evidence. Answers whether it goes to its end now.
 */
export async function takeFailure(
  deps: ReplayDeps & { readonly log: Log },
  replayId: string,
  error: unknown,
): Promise<boolean> {
  const none: Tries = { retries: 0, lasting: 0 };
  const first = judgeFailure(error, none);
  if (first.kind === 'lost') return false;
  const tries =
    first.kind === 'again'
      ? await deps.unitOfWork.run(async (tx) => {
          await tellPages(deps, tx, replayId);
          return deps.results.setProblem(tx, replayId, first);
        })
      : none;
  const verdict = judgeFailure(error, tries);
  if (verdict.kind !== 'ends') {
    deps.log.warn({ replayId, ...tries, error: String(error) }, 'a replay waits and is taken up again');
    return false;
  }
  deps.log.error({ replayId, code: verdict.code, error: String(error) }, 'a replay fails');
  await deps.unitOfWork.run(async (tx) => {
    const row = await deps.replays.lock(tx, replayId);
    if (row === null || hasEnded(row.status) || row.failureCode !== null) return;
    await noteFailure(deps, tx, replayId, verdict);
    await deps.replays.change(tx, replayId, {
      status: 'recording',
      intent: 'run',
      failureCode: verdict.code,
      failure: verdict.sentence,
    });
    await deps.results.fenceFolds(tx, replayId);
    await deps.results.clearProblem(tx, replayId);
    await tellPages(deps, tx, replayId);
  });
  return true;
}
