import { expect, type Page } from '@playwright/test';

/** The page answers to what is done on it: its live feed is there, so its scripts are. */
export async function answers(page: Page): Promise<void> {
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
}
