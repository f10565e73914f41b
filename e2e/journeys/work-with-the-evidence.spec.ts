import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { generateEvidence } from '../actions/generate-evidence.ts';
import { open } from '../actions/open.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { signedInAs } from '../preconditions/signed-in.ts';
import { accessibilityFaults } from '../questions/accessibility.ts';
import { answers } from '../questions/answers.ts';
import { expectAccessible, look, looks } from '../questions/every-look.ts';

test.describe.configure({ mode: 'serial' });
test.use({ storageState: signedInAs('auditor') });

const many = 1500;
const records = (page: Page) => page.getByRole('table', { name: 'Evidence records' });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  // A second try finds the first one's records.
  await generateEvidence(many, 1 + test.info().retry);
});

test('an auditor finds a record among many, keeps the view and exports it', async ({ page }) => {
  await open(page, '/evidence');
  await answers(page);
  // As many as there are, and only those in sight stand in the page.
  await expect(records(page).getByText('generated for measuring').first()).toBeVisible();
  expect(await records(page).getByRole('row').count()).toBeLessThan(90);

  await page.getByLabel('Contract', { exact: true }).selectOption('generated-payments');
  await expect(page).toHaveURL(/contract=generated-payments/);
  await page.getByLabel('Confidence').selectOption('untrusted');
  await page.getByRole('searchbox', { name: 'Search' }).fill('quarantined');
  await expect(page).toHaveURL(/q=quarantined/);
  await expect(page.getByText('The latest record that matches is of generated-payments')).toBeVisible();
  const found = records(page).getByRole('row');
  await expect(found.filter({ hasText: 'untrusted' }).first()).toBeVisible();
  const count = (await found.count()) - 1;

  await page.getByRole('button', { name: 'Keep as a view' }).click();
  const form = page.getByRole('form', { name: 'Keep a view' });
  await form.getByLabel('Name').fill('Untrusted payments');
  await form.getByRole('button', { name: 'Keep' }).click();
  await expect(page.getByRole('link', { name: 'Untrusted payments' })).toBeVisible();
  await open(page, '/evidence');
  await page.getByRole('link', { name: 'Untrusted payments' }).click();
  await expect(page).toHaveURL(/contract=generated-payments/);
  await expect(found).toHaveCount(count + 1);

  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export CSV' }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe('reprise-evidence.csv');
  const [head = '', ...lines] = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
  expect(head).toMatch(/^id,recorded_at,kind,contract_id/);
  expect(lines).toHaveLength(count);
  expect(lines.every((line) => line.includes('generated-payments') && line.endsWith('true'))).toBe(true);

  await page.getByRole('button', { name: /^All views/ }).click();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Delete the view Untrusted payments' }).click();
  await expect(page.getByRole('link', { name: 'Untrusted payments' })).toBeHidden();
});

test('two records of one contract are compared, and what can not be says why', async ({ page }) => {
  await open(page, '/evidence?contract=generated-orders&kind=replay&status=finished');
  await answers(page);
  const boxes = records(page).getByRole('checkbox');
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByRole('link', { name: 'Compare' }).click();
  await expect(page.getByRole('heading', { name: 'Verdicts' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Approvals' })).toBeVisible();
  const { pathname, search } = new URL(page.url());
  for (const { theme, width } of looks.slice(0, 2)) {
    await look(page, theme, width);
    await expectAccessible(page, pathname + search);
  }
  const left = new URLSearchParams(search).get('left');
  await open(page, `/evidence/compare?left=${left}&right=${left}`);
  await expect(page.getByText('These two are one and the same record.')).toBeVisible();
  await open(page, '/evidence/compare?left=nonsense');
  await expect(page.getByText('This address names no two records')).toBeVisible();
});

test('a filter that is none is named, and the list is there all the same', async ({ page }) => {
  await open(page, '/evidence?status=done&since=2026-02-30&q=!!');
  await expect(page.getByText('Status “done” is none of finished, refused, failed, cancelled')).toBeVisible();
  await expect(page.getByText('From day “2026-02-30” is no day')).toBeVisible();
  await expect(page.getByText('neither a letter nor a digit')).toBeVisible();
  await expect(records(page).getByRole('row').nth(1)).toBeVisible();
});

for (const { theme, width } of looks) {
  test(`axe finds nothing in a list of many and its records, ${theme}, ${width} px wide`, async ({
    page,
  }) => {
    await look(page, theme, width);
    await expectAccessible(page, '/evidence');
    const record = records(page).getByRole('row').nth(1).getByRole('link').first();
    await expectAccessible(page, (await record.getAttribute('href')) ?? '');
    await expectAccessible(page, '/contracts/inventory');
  });
}

test('a record on paper is a document: nothing to press, nothing folded away, digests in full', async ({
  page,
}) => {
  await open(page, '/evidence');
  const href = await records(page).getByRole('row').nth(1).getByRole('link').first().getAttribute('href');
  await open(page, href ?? '');
  await answers(page);
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('navigation').first()).toBeHidden();
  await expect(page.getByRole('button', { name: 'Print' })).toBeHidden();
  await expect(page.locator('#main')).toContainText(/[0-9a-f]{64}/);
  // The whole width of a wide sheet, and not a column of it.
  expect((await page.locator('#main').boundingBox())?.width).toBeGreaterThan(1_200);
  expect((await page.pdf()).byteLength).toBeGreaterThan(10_000);
  // Paper is white, whatever the screen is: by the root's own scheme the browser would paint the whole sheet.
  await page.emulateMedia({ media: 'screen' });
  await page.evaluate(() => localStorage.setItem('theme', 'dark'));
  await page.reload();
  await answers(page);
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(await scheme()).toBe('dark');
  await page.emulateMedia({ media: 'print' });
  expect(await scheme()).toBe('light');
});
