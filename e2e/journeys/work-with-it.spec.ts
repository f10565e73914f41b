import type { Page } from '@playwright/test';
import { launchReplay } from '../actions/launch-replay.ts';
import { open } from '../actions/open.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { accessibilityFaults } from '../questions/accessibility.ts';
import { expectAccessible, look, looks } from '../questions/every-look.ts';
import { rowWith } from '../questions/row.ts';

test.describe.configure({ mode: 'serial' });
test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

test('a draft survives a reload, and leaves as the very command that would launch it', async ({ page }) => {
  await open(page, '/replays/new?contract=inventory&kind=partitions&partitions=0,2');
  await page.getByRole('textbox', { name: 'Reason' }).fill('It’s after the incident');
  await page.getByRole('textbox', { name: 'Rate limit' }).fill('500');
  await expect(page).toHaveURL(/rate=500/);
  await page.reload();
  await expect(page.getByRole('textbox', { name: 'Reason' })).toHaveValue('It’s after the incident');
  await expect(page.getByRole('textbox', { name: 'Rate limit' })).toHaveValue('500');
  await page.getByRole('button', { name: 'Copy as command line' }).click();
  await expect
    .poll(() => copied(page))
    .toBe(
      "npm run -s reprise -- replays run --contract=inventory --partitions=0,2 --rate=500 '--reason=It’s after the incident'",
    );
  await expect(page).toHaveTitle(/events · New replay/);
});

test('what comes while a list is read waits above it, and a permalink leaves it out for good', async ({
  page,
  context,
}) => {
  await open(page, '/replays?contract=inventory');
  const rows = page.getByRole('table', { name: 'Replays' }).getByRole('row');
  await expect(rows.nth(1)).toBeVisible();
  const before = await rows.count();
  await expect
    .poll(async () => {
      await page.keyboard.press('y');
      return copied(page);
    })
    .toMatch(/contract=inventory&asOf=20/);
  const permalink = await copied(page);

  const other = await context.newPage();
  await launchReplay(other, 'inventory');
  await expect(other.getByRole('heading', { name: 'Predicted against observed' })).toBeVisible();
  await expect(rowWith(other, 'Predicted against observed', 'Duration')).not.toContainText('not known');
  await other.close();

  await expect(page.getByRole('button', { name: '+1 new' })).toBeVisible();
  await expect(rows).toHaveCount(before);
  await page.getByRole('button', { name: '+1 new' }).click();
  await expect(rows).toHaveCount(before + 1);
  await page.goto(permalink);
  await expect(page.locator('#main').getByText(/This list ends at/)).toBeVisible();
  await expect(rows).toHaveCount(before);
  await page.getByRole('button', { name: 'Show the newest' }).click();
  await expect(rows).toHaveCount(before + 1);
});

test('two replays are selected and compared: plan against plan, result against result', async ({ page }) => {
  await open(page, '/replays?contract=inventory');
  const boxes = page.getByRole('checkbox', { name: /^Select replay/ });
  await boxes.nth(0).check();
  await expect(page.getByText('Select one more.')).toBeVisible();
  await boxes.nth(1).check();
  await page.getByRole('link', { name: 'Compare' }).click();
  await expect(page.getByText(/came to the same state; the same 2 differences stand/)).toBeVisible();
  await expect(page).toHaveTitle('no change · inventory · Reprise');
  await page
    .getByText(/The same in both/)
    .first()
    .click();
  await expect(rowWith(page, 'Results, the same', 'Shadow digest')).toBeVisible();
  expect(await accessibilityFaults(page)).toEqual([]);
});

test('evidence is walked through beside its list, by keys, and the address says where', async ({ page }) => {
  await open(page, '/evidence');
  await expect(page.getByRole('table', { name: 'Evidence records' })).toBeVisible();
  const panel = page.getByRole('complementary', { name: /Evidence record/ });
  // The list is there before its keys are: it came with the page.
  await expect
    .poll(async () => {
      if (await panel.isVisible()) return panel.textContent();
      await page.keyboard.press('Shift+J');
      return '';
    })
    .toContain('1 of');
  await expect(panel).toContainText('events_processed');
  await page.keyboard.press('Shift+J');
  await expect(panel).toContainText('2 of');
  const name = (await panel.getAttribute('aria-label')) ?? '';
  // The address follows a moment later than the panel.
  await expect(page).toHaveURL(new RegExp(`peek=${name.replace('Evidence record ', '')}`));
  await page.reload();
  await expect(page.getByRole('complementary', { name })).toBeVisible();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Next record in the panel');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(page).not.toHaveURL(/peek/);
});

test('a key’s page has an address for each of its events, and freezes the replay that it speaks of', async ({
  page,
}) => {
  await open(page, '/states/inventory');
  await rowWith(page, 'Keys', '388').first().getByRole('link').first().click();
  await expect(page.getByText('History says 388 of quantity; selling says 380 (−8)')).toBeVisible();
  await expect(page).toHaveTitle(/^2 states differ/);
  expect(await accessibilityFaults(page)).toEqual([]);
  const event = rowWith(page, 'Events of this key', 'selling: never applied');
  await event.getByRole('link').first().click();
  await expect(page).toHaveURL(/replay=[0-9a-f-]{36}&event=p\d+:\d+/);
  await expect(event).toHaveAttribute('aria-current', 'true');
  await page.reload();
  await expect(event).toBeInViewport();
});

for (const { theme, width } of looks.slice(2)) {
  test(`axe finds nothing on any page that has data, ${theme}, ${width} px wide`, async ({ page }) => {
    await look(page, theme, width);
    for (const path of ['/', '/contracts/inventory', '/replays', '/states', '/states/inventory', '/evidence'])
      await expectAccessible(page, path);
    const record = rowWith(page, 'Evidence records', 'inventory').first();
    await expectAccessible(page, (await record.getByRole('link').first().getAttribute('href')) ?? '');
    const replay = await page.getByRole('link', { name: 'Open the replay' }).getAttribute('href');
    await expectAccessible(page, replay ?? '');
  });
}
