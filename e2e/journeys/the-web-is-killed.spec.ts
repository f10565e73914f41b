import { childFile } from '../../cli/start/instance.ts';
import { isRunning, type ProcessIdentity } from '../../demo/infra/process-identity.ts';
import { readIdentity } from '../../demo/infra/processes.ts';
import { beginReplay, launchReplay } from '../actions/launch-replay.ts';
import { as } from '../actions/run-a-runbook.ts';
import { stateFolder } from '../actions/traffic.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { answers } from '../questions/answers.ts';

// What is asked of a server that is not there the browser writes down.
test.use({ expectedNoise: /net::ERR_|Failed to fetch/ });

test('the web process is killed while a replay runs: the page lives again by itself, and the result is that of an undisturbed one', async ({
  page,
}) => {
  test.setTimeout(240_000);
  const undisturbed = await launchReplay(page, 'inventory');
  const disturbed = await beginReplay(page, 'inventory', 100);
  await expect(page.getByText(/^Folding history:/).first()).toBeVisible();
  await answers(page);

  const killed = await web();
  // A record of an earlier run may name a pid that somebody else has now.
  expect(isRunning(killed)).toBe(true);
  process.kill(killed.pid, 'SIGKILL');

  await test.step('the page says so, and is there again once somebody has started the web anew', async () => {
    await expect(page.getByText(/^Connection lost, trying again/)).toBeVisible();
    await expect.poll(async () => (await web()).pid, { timeout: 30_000 }).not.toBe(killed.pid);
    await expect(page.getByText(/^(Live again, all figures read anew|Missed .*, caught up)$/)).toBeVisible({
      timeout: 60_000,
    });
  });

  await test.step('the replay has gone on', async () => {
    await expect(page.getByRole('heading', { name: 'Verdicts' })).toBeVisible({ timeout: 90_000 });
    await expect(page.getByText('1,842').first()).toBeVisible();
    await expect(page.getByText(/17\s*duplicates skipped/).first()).toBeVisible();
    await expect(page.getByText(/the replay is trusted/)).toBeVisible();
    await expect(page.getByText(/could not be read anew/)).toBeHidden();
    expect(await resultOf(disturbed)).toEqual(await resultOf(undisturbed));
  });
});

/** The web process, as the launcher has put it on record. */
async function web(): Promise<ProcessIdentity> {
  const file = childFile(stateFolder(), 'web');
  const identity = await readIdentity(file);
  if (identity === null) throw new Error(`${file} names no process`);
  return identity;
}

async function resultOf(address: string) {
  const operator = await as('operator');
  const replayId = new URL(address).pathname.split('/').at(-1);
  const { status, counters, shadowDigest, historyDigest, confidence, agreement } = await operator.ask(
    'replays.get',
    { replayId },
  );
  expect(shadowDigest).toMatch(/^[0-9a-f]{64}$/);
  return { status, counters, shadowDigest, historyDigest, confidence, agreement };
}
