import { expect, type Page } from '@playwright/test';
import { answers } from '../questions/answers.ts';
import { open } from './open.ts';

/** Plans a replay of everything and launches it, with so many events a second where that is said. Answers its address. */
export async function beginReplay(page: Page, contract: string, rate: number | null = null): Promise<string> {
  await open(page, `/replays/new?contract=${contract}`);
  // What the server made looks the same, and a click on it is lost.
  await answers(page);
  await expect(page.getByText(/This replay will read about/)).toBeVisible();
  const launch = page.getByRole('button', { name: 'Launch replay' });
  await expect(launch).not.toHaveAttribute('aria-disabled', 'true');
  await page.getByLabel('Reason').fill('The figures disagree.');
  if (rate !== null) await page.getByRole('textbox', { name: 'Rate limit' }).fill(String(rate));
  // While it is planned anew the button waits, and a click on it just then does nothing. A second one launches none twice.
  const itsPage = /\/replays\/[0-9a-f-]{36}$/;
  await expect(async () => {
    if (itsPage.test(page.url())) return;
    await expect(launch).not.toHaveAttribute('aria-disabled', 'true');
    await launch.click({ timeout: 5_000 });
    await page.waitForURL(itsPage, { timeout: 10_000 });
  }).toPass({ timeout: 60_000 });
  return page.url();
}

/** The same, and waits until its verdict stands on the page. */
export async function launchReplay(page: Page, contract: string): Promise<string> {
  const address = await beginReplay(page, contract);
  await expect(page.getByRole('heading', { name: 'Verdicts' })).toBeVisible({ timeout: 60_000 });
  return address;
}
