import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '../../server/api/root.ts';
import { type DemoRole, signedInAs } from '../preconditions/signed-in.ts';

type Inputs = inferRouterInputs<AppRouter>;
type Outputs = inferRouterOutputs<AppRouter>;
export type RunView = Outputs['runs']['get'];

/** Somebody of the demo who asks the running system as their browser would, without one. */
export async function as(role: DemoRole) {
  const { cookies } = JSON.parse(await readFile(signedInAs(role), 'utf8'));
  const cookie = `${cookies[0].name}=${cookies[0].value}`;
  const { REPRISE_URL } = process.env;
  if (!REPRISE_URL) throw new Error('no running Reprise: the global set-up starts one');
  const { origin } = new URL(REPRISE_URL);
  const answered = async (answer: Response, path: string) => {
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${body.error?.json?.message ?? answer.status}`);
    return body.result.data.json;
  };
  const ask = async (path: string, input: unknown) => {
    const query = encodeURIComponent(JSON.stringify({ json: input }));
    return answered(await fetch(`${origin}/api/trpc/${path}?input=${query}`, { headers: { cookie } }), path);
  };
  const tell = async (path: string, input: unknown) =>
    answered(
      await fetch(`${origin}/api/trpc/${path}`, {
        method: 'POST',
        headers: { cookie, origin, 'content-type': 'application/json' },
        body: JSON.stringify({ json: input }),
      }),
      path,
    );
  return { ask, tell };
}

type Started = Inputs['runs']['start']['parameters'];

type Run = {
  readonly incidentId?: string | null;
  readonly parameters?: Started;
  /** What a person does at a step, by its id, before they tick it. */
  readonly byHand?: Readonly<Record<string, () => Promise<unknown>>>;
  /** Steps that are skipped, with what their preview says, where that finds nothing to do. */
  readonly skips?: readonly string[];
  /** Symptoms whose figures need not show them here: of what was looked at before the fault, or only sometimes in time. */
  readonly unshown?: readonly string[];
};

/**
 * Carries a run of a runbook from its first step to its end, as an operator does and with an approver where a step asks
 * for one. A step without an action is ticked, and each symptom has to show. Answers the run as it stands in the end.
 */
export async function runToTheEnd(
  runbookId: string,
  { incidentId = null, parameters = {}, byHand = {}, skips = [], unshown = [] }: Run = {},
): Promise<RunView> {
  const operator = await as('operator');
  const approver = await as('approver');
  const [proposed] = await operator.ask('runs.propose', { incidentId, runbookId });
  const values = Object.fromEntries(
    proposed.parameters
      .filter(({ value }: { value: unknown }) => value !== null)
      .map(({ name, value }: { name: string; value: string | number }) => [name, String(value)]),
  );
  const { runId } = await operator.tell('runs.start', {
    runbookId,
    digest: proposed.digest,
    incidentId,
    parameters: { ...values, ...parameters },
  });
  const view = (): Promise<RunView> => operator.ask('runs.get', { runId });
  let failures = 0;
  for (let turns = 0; turns < 100; turns += 1) {
    const run = await view();
    const step = run.steps.find(({ id }) => id === run.current);
    if (step === undefined) break;
    const seen = { runId, version: run.version };
    // A symptom that was looked at by itself when the run began.
    const open = step.attempts.find(({ endedAt }) => endedAt === null);
    if (open !== undefined) {
      await ended(view, approver, operator, step.id, open.id);
      continue;
    }
    if (step.action === null) {
      await byHand[step.id]?.();
      await operator.tell('runs.tick', { ...seen, step: step.id, note: 'done by a test' });
      continue;
    }
    const shown = await operator
      .tell('runs.preview', { ...seen, step: step.id })
      .catch(async (error: unknown) => {
        if (!skips.includes(step.id)) throw error;
        await operator.tell('runs.skip', { ...seen, step: step.id, reason: String(error) });
        return null;
      });
    if (shown === null) continue;
    const { previewId } = shown;
    await operator.tell('runs.do', { runId, version: (await view()).version, previewId });
    const end = await ended(view, approver, operator, step.id, previewId);
    if (end === null) continue;
    // What only looks is tried again by whoever sees why: a broker that has just come back answers late.
    failures += 1;
    if (step.action.touches !== 'nothing' || failures > 10) throw new Error(end);
    await sleep(3_000);
  }
  const { version, steps } = await view();
  for (const { id, state, action, symptom } of steps)
    if (
      action !== null &&
      state === 'done' &&
      symptom !== null &&
      symptom.shown !== true &&
      !unshown.includes(id)
    )
      throw new Error(`${runbookId}: nothing shows the symptom ${id}: ${symptom.figure}`);
  await operator.tell('runs.end', { runId, version });
  return view();
}

type Somebody = Awaited<ReturnType<typeof as>>;

/** Waits for the end of an attempt. null: it succeeded; else why it did not. */
async function ended(
  view: () => Promise<RunView>,
  approver: Somebody,
  operator: Somebody,
  step: string,
  attemptId: string,
): Promise<string | null> {
  const deadline = Date.now() + 600_000;
  while (Date.now() < deadline) {
    const run = await view();
    const attempt = run.steps.find(({ id }) => id === step)?.attempts.find(({ id }) => id === attemptId);
    if (attempt === undefined) throw new Error(`${step}: the attempt is not there`);
    if (attempt.status === 'awaiting-approval') {
      const decision = { attemptId, planHash: attempt.planHash, reason: 'looked at it' };
      await approver.tell('runs.approve', decision);
    } else if (attempt.status === 'succeeded') return null;
    else if (!['queued', 'running'].includes(attempt.status))
      return `${step} ended as ${attempt.status}: ${attempt.sentence}`;
    await approveWhatWaits(operator, approver);
    await sleep(1_000);
  }
  throw new Error(`${step} did not end`);
}

/** Promotions that a step has asked for wait on their own page. */
async function approveWhatWaits(operator: Somebody, approver: Somebody): Promise<void> {
  for (const each of await operator.ask('promotions.waiting', undefined)) {
    const { planHash, contractId } = await operator.ask('promotions.get', { promotionId: each.id });
    await approver.tell('states.reveal', { contractId, reason: 'to decide about them' });
    await approver.tell('promotions.decide', {
      promotionId: each.id,
      planHash,
      verdict: 'approved',
      reason: 'looked at it',
    });
  }
}
