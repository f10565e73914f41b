import { goesOn } from '../../domain/runbook/index.ts';
import type { AttemptRow } from '../ports/runs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AttemptDeps } from './deps.ts';
import { jobOf, tellRun } from './deps.ts';
import { endAttempt } from './end-attempt.ts';
import { noteTakenBack } from './run-attempt.ts';

/** What changes nothing is tried so often, each time by another worker. */
const MOST_TRIES = 3;
/** What waits for hours outlives as many workers. */
const MOST_WAITS = 20;
const AT_ONCE = 50;

/**
 * Finds what nobody attends to. What has changed nothing, and what only waits for what it has begun, is queued again; of
 * anything else it is not known what became of it, and that is said. Sends the jobs of everything that is queued: one that is there already is not doubled.
 */
export async function reapAttempts(deps: AttemptDeps): Promise<number> {
  await reapLapsed(deps);
  return deps.unitOfWork.run(async (tx) => {
    for (const row of await deps.attempts.takeBack(tx)) {
      const run = await deps.runs.find(tx, row.runId);
      if (run !== null) await noteTakenBack(deps, tx, run, row);
    }
    const queued = await deps.attempts.queued(tx, 100);
    await deps.jobs.send(tx, queued.map(jobOf));
    return queued.length;
  });
}

async function reapLapsed(deps: AttemptDeps): Promise<void> {
  const tried: string[] = [];
  while (tried.length < AT_ONCE) {
    const before = tried.length;
    try {
      await reapOne(deps, tried);
    } catch (error) {
      // One that can't be ended is passed over, and keeps no other from it.
      deps.log.warn(
        { attemptId: tried[before], error: String(error) },
        'an attempt of a runbook that nobody attends to could not be ended',
      );
    }
    if (tried.length === before) return;
  }
}

/** Takes one that was not tried in this round, if there is one, and adds it to those that were. */
function reapOne(deps: AttemptDeps, tried: string[]): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.attempts.takeLapsed(tx, tried);
    if (row === null) return;
    tried.push(row.id);
    const run = await deps.runs.find(tx, row.runId);
    if (run === null) return;
    if (await isQueuedAgain(deps, tx, row)) {
      await deps.attempts.queueAgain(tx, row.id);
      await deps.audit.append(tx, {
        actor: 'reprise',
        action: 'runbook-step.queued-again',
        subject: `runbook-attempt:${row.id}`,
        outcome: 'done',
        detail: { run: run.id, step: row.step, tries: row.tries },
      });
      await tellRun(deps, tx, run);
      return;
    }
    await endAttempt(deps, tx, run, row, { ...lostEnding(row), actor: 'reprise' });
  });
}

/** Also one that was called off meanwhile, where what it has begun is to be called off with it. */
async function isQueuedAgain(deps: AttemptDeps, tx: Transaction, row: AttemptRow): Promise<boolean> {
  if (!goesOn({ ...row, changing: row.changingSince !== null })) return false;
  if (row.changingSince !== null) return row.tries < MOST_WAITS;
  if (row.tries >= MOST_TRIES || row.cancelledBy !== null) return false;
  // Its approvals may have run out meanwhile, or been lost with a right: the queue takes nothing without them.
  return deps.attempts.isApproved(tx, row.id);
}

function lostEnding({ touches, changingSince, cancelledBy, approvalsNeeded }: AttemptRow) {
  const code = 'worker-lost';
  if (touches !== 'nothing' && changingSince !== null)
    return {
      status: 'unknown',
      code,
      sentence:
        'The worker that did it was not heard of again, so nobody can tell whether it was done: look, then do it again.',
    } as const;
  if (cancelledBy !== null)
    return {
      status: 'cancelled',
      code: 'cancelled',
      sentence: 'It was called off before it changed anything.',
    } as const;
  return {
    status: 'failed',
    code,
    sentence: `The workers that did it were not heard of again. Nothing was changed${approvalsNeeded > 0 ? ': ask for it once more' : ''}.`,
  } as const;
}
