import { mayDo } from '../../domain/access/index.ts';
import { actions, declaredOutputs, goesOn, waitingActions } from '../../domain/runbook/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Lease } from '../ports/replay-store.ts';
import type { ActionResult, Stopped } from '../ports/runbook-actions.ts';
import type { AttemptRow, RunRow } from '../ports/runs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { actionOf } from './ask-step.ts';
import { changesOf, LEASE_MS } from './changes.ts';
import { type AttemptDeps, tellRun } from './deps.ts';
import { type AttemptEnding, endAttempt, tellOfAttempt } from './end-attempt.ts';
import { judgeAttempt } from './judge-attempt.ts';
import { keepable } from './keepable.ts';

/** How often a lease is looked at. */
const RENEW_MS = 2_000;
/** How soon a line that was said is seen. */
const SAY_MS = 250;
/** What does not heed that it should stop is waited for so long. */
const GRACE_MS = 5_000;

export type Taken = {
  readonly row: AttemptRow;
  readonly run: RunRow;
  readonly lease: Lease;
  /** What is left of its time. */
  readonly leftMs: number;
  /** How long ago a worker before this one began it. */
  readonly begunMs: number;
};

/**
 * Does what was asked for. The intent is committed with its token before anything is done, lines are kept as they are
 * said, and the end is committed under that token alone: who has lost it ends nothing.
 */
export async function runAttempt(
  deps: AttemptDeps,
  attemptId: string,
  owner: string,
  shutdown: AbortSignal,
): Promise<void> {
  const taken = await take(deps, attemptId, owner);
  if (taken === null) return;
  const { row } = taken;
  const stop = new AbortController();
  const done = new AbortController();
  const stopFor = (why: Stopped) => stop.abort(why);
  const changes = changesOf(deps, taken, stop.signal, stopFor);
  // What another worker can go on with is left to it; anything else is carried to its end, as far as time allows.
  const leave = () => (goesOn({ ...row, changing: changes.begun() }) ? stopFor('shutdown') : undefined);
  // It may have begun while this was taken up.
  if (shutdown.aborted) leave();
  else shutdown.addEventListener('abort', leave, { once: true });
  const said: string[] = [];
  const held = { until: deps.clock.now().getTime() + LEASE_MS };
  const keeping = keep(deps, taken, { said, held, stopFor, done: done.signal });
  void guard(deps, held, stopFor, done.signal);
  deps.clock
    .wait(taken.leftMs, done.signal)
    .then(() => stopFor('timed-out'))
    .catch(() => undefined);
  try {
    const ending = await perform(deps, taken, { said, changes, stop: stop.signal, done: done.signal });
    done.abort();
    await keeping;
    if (ending !== null) await finish(deps, taken, said, ending);
  } finally {
    shutdown.removeEventListener('abort', leave);
    done.abort();
    await keeping;
  }
}

/** The intent: nothing is done that was not committed here first, with the token that it is done under. */
async function take(deps: AttemptDeps, attemptId: string, owner: string): Promise<Taken | null> {
  return deps.unitOfWork.run(async (tx) => {
    const found = await deps.attempts.find(tx, attemptId);
    const run = found === null ? null : await deps.runs.find(tx, found.runId);
    const row = await deps.attempts.lock(tx, attemptId);
    if (row === null || run === null || row.status !== 'queued') return null;
    // What has begun goes on as it was approved then: it only waits for what it has begun.
    const begun = row.changingSince !== null;
    if (!begun && !(await deps.attempts.isApproved(tx, row.id))) return takeBack(deps, tx, run, row);
    const why = begun ? null : await whyNot(deps, tx, row);
    if (why !== null) {
      await endAttempt(deps, tx, run, row, {
        status: 'refused',
        code: 'forbidden',
        sentence: why,
        actor: 'reprise',
      });
      return null;
    }
    const lease = await deps.attempts.claim(tx, row.id, owner, LEASE_MS);
    if (lease === null) return null;
    await deps.audit.append(tx, {
      actor: 'reprise',
      action: 'runbook-step.began',
      subject: `runbook-attempt:${row.id}`,
      outcome: 'done',
      detail: { run: run.id, step: row.step, token: lease.token.toString(), planHash: row.planHash },
    });
    await tellRun(deps, tx, run);
    const now = await deps.runs.now(tx);
    const begunMs = row.startedAt === null ? 0 : now.getTime() - row.startedAt.getTime();
    return { row, run, lease, leftMs: leftOf(row, begunMs), begunMs };
  });
}

/** What is waited for is not waited for longer because workers come and go; a last look is always left. */
function leftOf({ timeoutSeconds, touches }: AttemptRow, begunMs: number): number {
  const allMs = timeoutSeconds * 1000;
  return touches === 'nothing' ? allMs : Math.max(LEASE_MS, allMs - begunMs);
}

/** Its approvals ran out, or were taken back, before anybody began: it waits for them again. */
async function takeBack(deps: AttemptDeps, tx: Transaction, run: RunRow, row: AttemptRow): Promise<null> {
  await deps.attempts.setStatus(tx, row.id, 'awaiting-approval');
  await noteTakenBack(deps, tx, run, row);
  return null;
}

export async function noteTakenBack(
  deps: AttemptDeps,
  tx: Transaction,
  run: RunRow,
  row: AttemptRow,
): Promise<void> {
  const why = 'its approvals ran out or were taken back before a worker took it up';
  await deps.audit.append(tx, {
    actor: 'reprise',
    action: 'runbook-step.approval-lost',
    subject: `runbook-attempt:${row.id}`,
    outcome: 'done',
    detail: { why, run: run.id },
  });
  await tellOfAttempt(deps, tx, run, row, { kind: 'taken-back', audience: ['approvers', 'requester'], why });
  await tellRun(deps, tx, run, ['approvals']);
}

/** Whoever asked for it may have lost the right while it waited. */
async function whyNot(deps: AttemptDeps, tx: Transaction, row: AttemptRow): Promise<string | null> {
  const standing = await deps.people.standing(tx, row.requestedBy);
  if (standing === null) return 'Who asked for it is not known any more, so nothing was done.';
  const { right } = actions[row.action];
  const may = !standing.disabled && mayDo(standing.roles, 'respond') && mayDo(standing.roles, right);
  return may ? null : 'Who asked for it may not do that any more, so nothing was done.';
}

/** null: another worker does it, or will. */
async function perform(
  deps: AttemptDeps,
  { row, run, leftMs, begunMs }: Taken,
  {
    said,
    changes,
    stop,
    done,
  }: {
    readonly said: string[];
    readonly changes: ReturnType<typeof changesOf>;
    readonly stop: AbortSignal;
    readonly done: AbortSignal;
  },
): Promise<AttemptEnding | null> {
  const action = actionOf(deps.actions, row.action);
  // Another worker has begun it, and can.
  if ('unavailable' in action && changes.begun()) return null;
  if ('unavailable' in action)
    return {
      status: 'refused',
      code: 'runbook-refused',
      sentence: `This worker can’t do it: ${action.unavailable}. Do it by hand, and tick it with a note.`,
      actor: 'reprise',
    };
  const { params, frozen } = JSON.parse(row.plan) as {
    readonly params: never;
    readonly frozen: Readonly<Record<string, unknown>>;
  };
  const working = (async () =>
    action.perform(params, frozen, {
      attemptId: row.id,
      runId: run.id,
      step: row.step,
      incidentId: run.incidentId,
      personId: row.requestedBy,
      withinMs: leftMs,
      begunMs,
      signal: stop,
      say: (line) => void said.push(keepable(line)),
      changing: changes.changing,
      changedNothing: changes.changedNothing,
    }))();
  working.catch(() => undefined);
  try {
    return ended(row, await Promise.race([working, unheeded(deps, stop, done)]));
  } catch (error) {
    const why = stop.aborted ? (stop.reason as Stopped) : null;
    if (why === 'lost' || why === 'shutdown') return null;
    const ending = judgeAttempt(row, why, error, changes.begun());
    // What it waits for goes on, whatever kept it from looking: once its lease runs out, another one looks.
    if (
      (why === null || row.action === 'redrive') &&
      changes.begun() &&
      !(error instanceof RepriseError) &&
      waitingActions.includes(row.action)
    ) {
      deps.log.warn({ attemptId: row.id, error: String(error) }, 'a step could not go on waiting');
      return null;
    }
    const level = ending.status === 'refused' || why !== null ? 'info' : 'error';
    deps.log[level](
      { attemptId: row.id, action: row.action, status: ending.status, error: String(error) },
      'a step of a runbook did not come off',
    );
    return { ...ending, actor: 'reprise' };
  }
}

/** Rejects once it should have stopped and has not. */
async function unheeded(deps: AttemptDeps, stop: AbortSignal, done: AbortSignal): Promise<never> {
  if (!stop.aborted)
    await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  await deps.clock.wait(GRACE_MS, done);
  throw new Error('it did not heed that it should stop');
}

function ended(row: AttemptRow, { sentence, failed, outputs, shown, links }: ActionResult): AttemptEnding {
  return {
    ...(failed === true
      ? { status: 'failed', code: 'ended-otherwise' }
      : { status: 'succeeded', code: null }),
    sentence,
    actor: 'reprise',
    result: { outputs: declaredOutputs(row.action, outputs), shown, links },
  };
}

async function finish(
  deps: AttemptDeps,
  { row, run, lease }: Taken,
  said: string[],
  ending: AttemptEnding,
): Promise<void> {
  await deps.unitOfWork.run(async (tx) => {
    if ((await deps.attempts.hold(tx, row.id, lease, LEASE_MS)) === null) return;
    if (said.length > 0) await deps.attempts.say(tx, row.id, said.splice(0));
    await endAttempt(deps, tx, run, row, ending);
  });
}

type Held = { until: number };

/** Whoever can't renew its lease stops before somebody else may have it, also where the database never answers. */
async function guard(
  { clock, log }: AttemptDeps,
  held: Held,
  stopFor: (why: Stopped) => void,
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted) {
    const leftMs = held.until - clock.now().getTime();
    if (leftMs <= 0) {
      log.warn({}, 'a step stops here: its lease ran out and could not be renewed');
      stopFor('lost');
      return;
    }
    await clock.wait(leftMs, done).catch(() => undefined);
  }
}

/** Keeps the lease and what was said, and hears that it is cancelled, or somebody else's. */
async function keep(
  deps: AttemptDeps,
  { row, run, lease }: Taken,
  {
    said,
    held,
    stopFor,
    done,
  }: {
    readonly said: string[];
    readonly held: Held;
    readonly stopFor: (why: Stopped) => void;
    readonly done: AbortSignal;
  },
): Promise<void> {
  let sinceRenewed = 0;
  while (!done.aborted) {
    await deps.clock.wait(SAY_MS, done).catch(() => undefined);
    sinceRenewed += SAY_MS;
    if (done.aborted || (said.length === 0 && sinceRenewed < RENEW_MS)) continue;
    try {
      const lines = said.slice();
      const askedAt = deps.clock.now().getTime();
      const found = await deps.unitOfWork.run(async (tx) => {
        const still = await deps.attempts.hold(tx, row.id, lease, LEASE_MS);
        if (still === null || lines.length === 0) return still;
        await deps.attempts.say(tx, row.id, lines);
        await tellRun(deps, tx, run);
        return still;
      });
      said.splice(0, lines.length);
      sinceRenewed = 0;
      held.until = askedAt + LEASE_MS;
      if (found === null) stopFor('lost');
      else if (found.cancelled) stopFor('cancelled');
    } catch (error) {
      deps.log.warn({ attemptId: row.id, error: String(error) }, 'could not renew the lease of a step');
    }
  }
}
