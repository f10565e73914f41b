import type { Page } from '@playwright/test';

/** Opens a page of the running system. */
export async function open(page: Page, path: string): Promise<void> {
  const { REPRISE_URL } = process.env;
  if (!REPRISE_URL) throw new Error('no running Reprise: the global set-up starts one');
  await page.goto(new URL(path, REPRISE_URL).href);
}
