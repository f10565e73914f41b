import { demo } from '../actions/demo.ts';
import { open } from '../actions/open.ts';
import { as, type RunView, runToTheEnd } from '../actions/run-a-runbook.ts';
import {
  completeReview,
  downloadedReview,
  provenOffline,
  reviewOfRecovered,
  writeSection,
} from '../actions/write-a-review.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { rewriteNewestEntry } from '../preconditions/rewritten-log.ts';
import {
  emptyWarehouse,
  forgottenEvents,
  newestFactOf,
  newestSku,
  rememberedAccount,
  takeFrom,
} from '../preconditions/shop-rows.ts';
import { signEverybodyIn, signedInAs } from '../preconditions/signed-in.ts';
import { answers } from '../questions/answers.ts';

// Each runbook from its symptom to its end against a fault that is really there. Two cores are shared by all of it.
test.describe.configure({ mode: 'serial', timeout: 600_000 });

// Some acts ask for a sign-in of the last quarter of an hour, which the journeys before may have used up.
test.beforeAll(() => signEverybodyIn(process.env.REPRISE_URL ?? ''));

const of = (run: RunView, id: string) => {
  const found = run.steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`${run.runbookId} has no step ${id}`);
  return found;
};
const outputs = (run: RunView, id: string) => of(run, id).attempts.at(-1)?.outputs ?? {};

test('states that disagree: the replay says which is right, and the wrong one is corrected', async () => {
  await takeFrom('selling', 7);
  const run = await runToTheEnd('states-disagree', {
    parameters: { state: 'selling' },
    // What was compared last may be from before.
    unshown: ['compare'],
  });
  expect(run.status).toBe('done');
  expect(outputs(run, 'replay')).toMatchObject({ confidence: 'trusted', agreement: 'different' });
  expect(outputs(run, 'promote')).toMatchObject({ status: 'promoted' });
  expect(outputs(run, 'verify')).toMatchObject({ verified: true });
});

test('a read model with too many wrong rows: it is emptied, reads everything again, and is proved', async () => {
  await takeFrom('warehouse', 5);
  const run = await runToTheEnd('projection-rebuild', {
    parameters: { inPlaceUpTo: '0' },
    unshown: ['compare'],
    byHand: { 'more-rows-empty-the-state-and-what-it-has-seen': emptyWarehouse },
  });
  expect(run.status).toBe('done');
  expect(of(run, 'promote').state).toBe('out');
  expect(Number(outputs(run, 'replay').differing)).toBeGreaterThan(0);
  expect(outputs(run, 'proof')).toMatchObject({ confidence: 'trusted', agreement: 'equal' });
});

test('a refund that failed for good: it is made by hand and said, and the rest is undone by itself', async () => {
  const [key = ''] = /O-[0-9a-f]{8}/.exec(await demo('compensation-failure')) ?? [];
  const newest = async () => (await newestFactOf(key)).type;
  await expect.poll(newest, { timeout: 60_000 }).toBe('PaymentRefundFailed');
  const { eventId, amountCents } = await newestFactOf(key);
  const run = await runToTheEnd('failed-compensation', {
    parameters: { key, eventId, amountCents: amountCents ?? '', ticket: 'INC-1' },
  });
  expect(run.status).toBe('done');
  expect(outputs(run, 'replay')).toMatchObject({ confidence: 'trusted' });
  await expect.poll(newest, { timeout: 60_000 }).toBe('OrderCancelled');
});

test('a subject who was forgotten: a replay counts their events, and proves the balances all the same', async () => {
  await demo('forget', await rememberedAccount());
  const run = await runToTheEnd('erased-subject-in-replay');
  expect(run.status).toBe('done');
  expect(outputs(run, 'replay')).toMatchObject({
    erased: await forgottenEvents(),
    confidence: 'trusted',
    agreement: 'equal',
  });
});

test('an evidence log that was rewritten: the audit says so until it is put back, and nobody counts as told who can’t be', async () => {
  const { evidenceId, putBack } = await rewriteNewestEntry();
  try {
    const parameters = { evidenceId };
    const alone = await runToTheEnd('evidence-audit-mismatch', { parameters, skips: ['tell'] });
    expect(Number(outputs(alone, 'again').findings)).toBeGreaterThan(0);
    expect(outputs(alone, 'verify')).toMatchObject({ verified: false });
    const run = await runToTheEnd('evidence-audit-mismatch', {
      incidentId: await incidentOf('evidence-log'),
      parameters,
      byHand: { 'restored-from-a-backup-bring-back-what-is-missing': putBack },
    });
    // Neither mail nor a webhook is set up here.
    expect(Number(outputs(run, 'tell').told)).toBe(0);
    expect(outputs(run, 'again')).toMatchObject({ findings: 0 });
  } finally {
    await putBack();
  }
});

test('a slow consumer: its lag shows, the bottleneck is taken away, and it catches up', async () => {
  await demo('slow', 'warehouse', '--ms', '8000');
  await demo('traffic', '--only', 'stock', '--rate', '20', '--seconds', '10');
  const run = await runToTheEnd('slow-consumer', {
    // It is slow for some seconds here, and not for a minute.
    unshown: ['group'],
    byHand: { 'take-away-what-blocks-the-database': () => demo('fast', 'warehouse') },
  });
  expect(run.status).toBe('done');
  expect(Number(outputs(run, 'group').lag)).toBeGreaterThan(0);
  expect(outputs(run, 'lag')).toMatchObject({ lag: expect.any(String) });
});

test('a consumer that is killed in the middle of its work: nothing is lost, nothing is applied twice', async () => {
  await demo('crash', 'inventory');
  await demo('traffic', '--only', 'stock', '--rate', '10', '--seconds', '5');
  const run = await runToTheEnd('crash-mid-processing', {
    parameters: { group: 'inventory-projector', service: 'inventory-projector', state: 'inventory' },
    // Others of the contract may differ, and this one does not: it checks each id.
    skips: ['promote'],
    // It is started again before anybody looks.
    unshown: ['group', 'compare'],
  });
  expect(run.status).toBe('done');
  expect(outputs(run, 'replay')).toMatchObject({ confidence: 'trusted' });
});

test('an event that was sent twice is found at both places, and was applied once', async () => {
  await demo('duplicates', '--count', '1');
  const operator = await as('operator');
  const eventId = await duplicated(operator);
  const run = await runToTheEnd('duplicate-send', { parameters: { eventId }, skips: ['promote'] });
  expect(run.status).toBe('done');
  expect(Number(outputs(run, 'deliveries').found)).toBeGreaterThan(1);
});

test('a lost event is told, carried once more, and its loss is taken back', async () => {
  await demo('lose', '--count', '1');
  const key = await newestSku();
  const run = await runToTheEnd('lost-event', {
    // The rows were lost on their way, and the connector runs.
    unshown: ['connector'],
    incidentId: await incidentOf('lost-event'),
    parameters: { key },
    byHand: { 'carry-the-rows-once-more': () => demo('duplicates', '--count', '1') },
  });
  expect(run.status).toBe('done');
  expect(outputs(run, 'verify')).toMatchObject({ verified: true });
});

test('the broker is down and comes back: everything goes on from where it stood', async () => {
  const incidentId = await openIncident('The broker is down.');
  await demo('broker', 'down');
  const run = await runToTheEnd('all-brokers-down', {
    incidentId,
    byHand: { 'start-the-brokers': () => demo('broker', 'up') },
  });
  expect(run.status).toBe('done');
  expect(outputs(run, 'lag')).toMatchObject({ lag: expect.any(String) });
  expect(outputs(run, 'verify')).toMatchObject({ verified: true });
});

let poisoned = '';

test('a poison message: an incident proposes its runbook, and people carry that to its end on its page', async ({
  page,
  browser,
}) => {
  await demo('poison', '--halt', 'warehouse');
  const incidentId = await incidentOf('budget', /warehouse/);
  poisoned = incidentId;
  await standsStill('warehouse-projector');
  await open(page, `/incidents/${incidentId}`);
  await answers(page);
  const next = page.getByRole('listitem').filter({ hasText: 'A consumer is stuck on a poison message' });
  await next.getByRole('button', { name: 'Begin' }).click();
  await next.getByRole('button', { name: 'Begin the run' }).click();
  await page.waitForURL(/\/runbooks\/runs\/[0-9a-f-]{36}$/);
  const runId = page.url().split('/').at(-1) ?? '';
  const approving = await browser.newContext({ storageState: signedInAs('approver') });
  const approver = await approving.newPage();
  const operator = await as('operator');
  const view = (): Promise<RunView> => operator.ask('runs.get', { runId });
  for (let run = await view(); run.current !== null; run = await view()) {
    const step = of(run, run.current);
    if (step.state === 'running') {
      await expect
        .poll(async () => of(await view(), step.id).state, { timeout: 120_000 })
        .not.toBe('running');
      continue;
    }
    await expect(page.getByRole('heading', { name: step.title, level: 2 })).toBeVisible();
    if (step.action === null) await page.getByRole('button', { name: 'Tick it' }).click();
    else {
      await page.getByRole('button', { name: 'Preview' }).click();
      const asks = step.action.approvals > 0;
      await page.getByRole('button', { name: asks ? 'Ask for approval' : 'Do it' }).click();
      if (asks) {
        await open(approver, `/runbooks/runs/${runId}`);
        await approver.getByLabel('Why', { exact: true }).fill('By exactly one record, as the runbook says.');
        await approver.getByRole('button', { name: 'Approve' }).click();
      }
    }
    await expect.poll(async () => (await view()).current, { timeout: 120_000 }).not.toBe(run.current);
  }
  await page.getByRole('button', { name: 'End the run' }).click();
  await expect.poll(async () => (await view()).status).toBe('done');
  await approving.close();
  const run = await view();
  expect(outputs(run, 'move')).toMatchObject({ after: String(Number(outputs(run, 'move').before) + 1) });
  expect(outputs(run, 'replay')).toMatchObject({ confidence: 'untrusted', agreement: 'equal' });
  // Each attempt is a record of its own, and belongs to the incident.
  const { records } = await operator.ask('incidents.get', { incidentId });
  const steps = records.filter(({ kind }: { kind: string }) => kind === 'runbook-step');
  expect(steps.length).toBeGreaterThanOrEqual(9);
});

test('what came of the poison message is written down, signed by somebody else, and proves itself offline', async ({
  page,
  browser,
}) => {
  await catchesUp('warehouse-projector');
  const reviewId = await reviewOfRecovered(page, poisoned, 'The warehouse has caught up.');
  await answers(page);
  await expect(page.getByText('fact: computed from what is on record').first()).toBeVisible();
  const sections = ['Summary', 'Root cause and contributing factors', 'What went well', 'What went badly'];
  for (const section of sections) await writeSection(page, section, `Of the poison message: ${section}.`);
  await completeReview(page);
  const signing = await browser.newContext({ storageState: signedInAs('auditor') });
  const signer = await signing.newPage();
  await open(signer, `/reviews/${reviewId}`);
  await signer.getByRole('button', { name: 'Sign it' }).click();
  await expect(signer.getByText(/It is signed\. A correction is a new revision/)).toBeVisible();
  const files = await downloadedReview(signer, reviewId);
  // Of each step of its run, of the replay, and of the signature.
  expect(await provenOffline(files)).toBeGreaterThanOrEqual(11);
  const text = new TextDecoder().decode(files['review.md']);
  expect(text).toContain('A consumer is stuck on a poison message');
  await signing.close();
});

type Somebody = Awaited<ReturnType<typeof as>>;

/** The idempotency key of the newest duplicate that the audit of deliveries has found. */
async function duplicated(operator: Somebody): Promise<string> {
  let found = '';
  await expect
    .poll(
      async () => {
        const { rows } = await operator.ask('deliveries.findings', {
          contractId: 'inventory',
          kind: 'redelivered',
          limit: 1,
        });
        found = rows[0]?.eventId ?? '';
        return found;
      },
      { timeout: 60_000 },
    )
    .not.toBe('');
  return found;
}

/** The open incident of this kind, as soon as there is one. */
async function incidentOf(kind: string, title = /./): Promise<string> {
  const operator = await as('operator');
  let id = '';
  await expect
    .poll(
      async () => {
        const { rows } = await operator.ask('incidents.list', { status: 'open', limit: 200 });
        const isIt = (each: { kind: string; title: string }) => each.kind === kind && title.test(each.title);
        id = rows.find(isIt)?.id ?? '';
        return id;
      },
      { timeout: 240_000 },
    )
    .not.toBe('');
  return id;
}

/** Until a group is measured to be so far behind that it is no pause between two batches. */
async function standsStill(name: string): Promise<void> {
  const operator = await as('operator');
  const lag = () => operator.ask('lag.get', { contractId: 'inventory', subject: `group:${name}` });
  await expect.poll(async () => (await lag()).ageMs ?? 0, { timeout: 120_000 }).toBeGreaterThan(25_000);
}

async function catchesUp(name: string): Promise<void> {
  const operator = await as('operator');
  const lag = () => operator.ask('lag.get', { contractId: 'inventory', subject: `group:${name}` });
  await expect.poll(async () => (await lag()).ageMs ?? 0, { timeout: 120_000 }).toBeLessThan(10_000);
}

async function openIncident(title: string): Promise<string> {
  const operator = await as('operator');
  const opened = await operator.tell('incidents.openByHand', {
    title,
    class: 'P2',
    contractId: 'inventory',
    beganAt: null,
  });
  return opened.incidentId;
}
