import type { Locator, Page } from '@playwright/test';

/** The row of a table in which a text stands. */
export function rowWith(page: Page, table: string, text: string | RegExp): Locator {
  return page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text });
}
