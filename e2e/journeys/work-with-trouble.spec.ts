import { demo } from '../actions/demo.ts';
import { as, type RunView, runToTheEnd } from '../actions/run-a-runbook.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { newestSku, takeFromSelling } from '../preconditions/shop-rows.ts';

// Each runbook from its symptom to its end against a fault that is really there. Two cores are shared by all of it.
test.describe.configure({ mode: 'serial', timeout: 600_000 });

const of = (run: RunView, id: string) => {
  const found = run.steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`${run.runbookId} has no step ${id}`);
  return found;
};
const outputs = (run: RunView, id: string) => of(run, id).attempts.at(-1)?.outputs ?? {};

test('states that disagree: the replay says which is right, and the wrong one is corrected', async () => {
  await takeFromSelling(7);
  const run = await runToTheEnd('states-disagree', { parameters: { state: 'selling' } });
  expect(run.status).toBe('done');
  expect(outputs(run, 'replay')).toMatchObject({ confidence: 'trusted', agreement: 'different' });
  expect(outputs(run, 'promote')).toMatchObject({ status: 'promoted' });
  expect(outputs(run, 'verify')).toMatchObject({ verified: true });
});

test('a slow consumer: its lag shows, the bottleneck is taken away, and it catches up', async () => {
  await demo('slow', 'warehouse', '--ms', '8000');
  await demo('traffic', '--only', 'stock', '--rate', '20', '--seconds', '10');
  const run = await runToTheEnd('slow-consumer', {
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
async function incidentOf(kind: string): Promise<string> {
  const operator = await as('operator');
  let id = '';
  await expect
    .poll(
      async () => {
        const { rows } = await operator.ask('incidents.list', { status: 'open', limit: 200 });
        id = rows.find((each: { kind: string; id: string }) => each.kind === kind)?.id ?? '';
        return id;
      },
      { timeout: 120_000 },
    )
    .not.toBe('');
  return id;
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
