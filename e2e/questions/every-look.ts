import { expect, type Page } from '@playwright/test';
import { open } from '../actions/open.ts';
import { accessibilityFaults } from './accessibility.ts';

/** Both themes and both widths: the empty pages are looked at in two of the four, the full ones in the others. */
export const looks = [
  { theme: 'light', width: 1440 },
  { theme: 'dark', width: 768 },
  { theme: 'light', width: 768 },
  { theme: 'dark', width: 1440 },
] as const;

export async function look(page: Page, theme: 'light' | 'dark', width: number): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height: 900 });
}

/** Opens a page: axe finds nothing, it does not scroll sideways, and its tab says more than the name of the product. */
export async function expectAccessible(page: Page, path: string): Promise<void> {
  await open(page, path);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(await accessibilityFaults(page), path).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${path} scrolls sideways`).toBeLessThanOrEqual(0);
  await expect(page, path).toHaveTitle(/. · Reprise$/);
}
