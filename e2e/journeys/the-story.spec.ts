import { generateKeyPairSync } from 'node:crypto';
import { launchReplay } from '../actions/launch-replay.ts';
import { open } from '../actions/open.ts';
import { runByCommand } from '../actions/run-by-command.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { signedInAs } from '../preconditions/signed-in.ts';
import { rowWith } from '../questions/row.ts';

/** What `states diff --json` prints of one derived state at one key. */
type Cell = {
  derivedState: string;
  fields: { field: string; history: unknown; live: unknown }[];
  explanation: { candidates: { cause: string }[] } | null;
};

test.describe.configure({ mode: 'serial' });

test('a newcomer replays the inventory and reads which state is right, and why', async ({ page }) => {
  await open(page, '/');
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await launchReplay(page, 'inventory');

  await test.step('the verdicts', async () => {
    await expect(page.getByText('1,842').first()).toBeVisible();
    await expect(page.getByText(/17\s*duplicates skipped/).first()).toBeVisible();
    await expect(page.getByText(/the replay is trusted/)).toBeVisible();
    await expect(page.getByText(/disagree with history on 1 key/)).toBeVisible();
  });

  await test.step('the states side by side', async () => {
    await page.getByRole('link', { name: 'Open the states' }).click();
    const row = rowWith(page, 'Keys', '388').first();
    await expect(row).toContainText('380');
    await expect(row).toContainText('−8');
    await expect(row).toContainText('379');
    await expect(row).toContainText('−9');
    await expect(row).toContainText('was never applied. It is a dead letter');
    await expect(row).toContainText('was applied twice. It was redelivered');
    await row.getByRole('link').first().click();
  });

  await test.step('the key, event by event', async () => {
    await expect(page.getByRole('heading', { name: 'Its own history' })).toBeVisible();
    await expect(page.getByText('selling: never applied')).toBeVisible();
    await expect(page.getByText('warehouse: applied twice').first()).toBeVisible();
    await expect(page.getByText(/dead letter of selling/)).toBeVisible();
  });
});

test('the command line says the same, in one answer that a program can read', async () => {
  const { stdout, stderr, code } = await runByCommand('inventory');
  expect(code, stderr).toBe(2);
  const { record, states } = JSON.parse(stdout);
  expect(record.predicate).toMatchObject({
    events_processed: 1842,
    duplicates_skipped: 17,
    confidence_status: 'trusted',
  });
  expect(states).toMatchObject({ confidence: 'trusted', agreement: 'different' });
  expect(states.rows).toHaveLength(1);
  const found = states.rows.flatMap(({ cells }: { cells: Cell[] }) =>
    cells.flatMap(({ derivedState, fields, explanation }) =>
      fields
        .filter(({ field }) => field === 'quantity')
        .map(({ history, live }) => [
          derivedState,
          Number(history),
          Number(live),
          explanation?.candidates[0]?.cause,
        ]),
    ),
  );
  expect(found).toContainEqual(['selling', 388, 380, 'never-applied']);
  expect(found).toContainEqual(['warehouse', 388, 379, 'applied-twice']);
});

test('the evidence of that replay can be found, read and downloaded by an auditor', async ({ browser }) => {
  const context = await browser.newContext({ storageState: signedInAs('auditor') });
  const page = await context.newPage();
  await open(page, '/evidence?contract=inventory');
  const row = rowWith(page, 'Evidence records', 'trusted').first();
  await expect(row).toContainText('1,842');
  await row.getByRole('link').first().click();
  await expect(page.getByText('events_processed', { exact: true })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What this does not prove' })).toBeVisible();
  // The auditor's own browser verifies signature, log and meaning, and a key of somebody else fails there.
  const checks = page.getByRole('table', { name: 'Checks of this record' });
  await expect(page.getByText('verified', { exact: true })).toBeVisible();
  await expect(checks.getByRole('row').filter({ hasText: 'inclusion' })).toContainText('pass');
  await expect(checks.getByRole('row').filter({ hasText: 'shown as signed' })).toContainText('pass');
  await expect(checks.getByText('fail', { exact: true })).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Verified in this browser' })).toBeVisible();
  await expect(page).toHaveTitle(/^trusted · evidence of inventory/);
  await page.getByText('Verify with a key of your own').click();
  const strange = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
  await page.getByLabel('Public key').fill(String(strange));
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(checks.getByRole('row').filter({ hasText: /^signature/ })).toContainText('fail');
  await expect(page.getByRole('heading', { name: 'Verification failed in this browser' })).toBeVisible();
  await expect(page).toHaveTitle(/^verification failed · evidence of inventory/);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download JSON' }).click();
  expect((await saved).suggestedFilename()).toMatch(/^evidence-inventory-.*\.json$/);
  await context.close();
});

test('an event table is replayed by the same engine, and erased subjects are counted', async ({ page }) => {
  await launchReplay(page, 'accounts');
  await expect(page.getByText(/the replay is trusted/)).toBeVisible();
  await expect(rowWith(page, 'Findings', 'erased subject').first()).toBeVisible();
});

test('the overview says afterwards what is proven and what is not', async ({ page }) => {
  await open(page, '/');
  await expect(rowWith(page, 'Contracts', 'different').first()).toBeVisible();
});
