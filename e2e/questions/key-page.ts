import { expect, type Page } from '@playwright/test';
import { open } from '../actions/open.ts';
import { answers } from './answers.ts';
import { rowWith } from './row.ts';

export type KeyEvent = {
  /** Partition and offset. */
  readonly at: string;
  readonly outcome: string;
  /** What it made of the units on hand. */
  readonly change: number;
};

/** What a key's page shows in one row of its figures: history's first, then that of each derived state. */
export async function figuresOf(page: Page, field: string): Promise<readonly string[]> {
  const [, ...figures] = await rowWith(page, 'Figures of this key', field).getByRole('cell').allInnerTexts();
  return figures.map((figure) => figure.trim().replaceAll(',', ''));
}

/** Every event of a key of the inventory, as its page tells them; a worker reads them where none has yet. */
export async function eventsOf(page: Page, sku: string): Promise<readonly KeyEvent[]> {
  await open(page, `/states/inventory/${sku}`);
  const table = page.getByRole('table', { name: 'Events of this key' });
  const ask = page.getByRole('button', { name: 'Read its events' });
  await expect(table.or(ask)).toBeVisible();
  await answers(page);
  if (await ask.isVisible()) await ask.click();
  await expect(table).toBeVisible({ timeout: 60_000 });
  const headers = await table.getByRole('columnheader').allInnerTexts();
  const column = (name: string) => {
    const found = headers.findIndex((header) => header.trim() === name);
    if (found < 0) throw new Error(`the events have no column ${name}: ${headers.join(', ')}`);
    return found;
  };
  const [outcome, onHand] = [column('Outcome'), column('Quantity')];
  const rows = await table.locator('tbody tr').all();
  return Promise.all(
    rows.map(async (row) => {
      const cells = await row.getByRole('cell').allInnerTexts();
      const [before, after = before] = (cells[onHand] ?? '').replaceAll(',', '').split('→').map(Number);
      return {
        at: (await row.getAttribute('data-row-key')) ?? '',
        outcome: cells[outcome]?.trim() ?? '',
        change: Number(after) - Number(before),
      };
    }),
  );
}
