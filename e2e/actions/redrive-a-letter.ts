/** What people do with a dead letter of the demo, from the record that nobody can decode to what became of it. */
import type { Browser, Page } from '@playwright/test';
import { expect } from '../preconditions/quiet-console.ts';
import { signedInAs } from '../preconditions/signed-in.ts';
import { answers } from '../questions/answers.ts';
import { demo } from './demo.ts';
import { open } from './open.ts';
import { as } from './run-a-runbook.ts';

export const parkedIn = 'inventory.events.inventory.dlq';

export type Letter = {
  readonly sku: string;
  /** Where it stands among the dead letters, and where it was in the history: partition/offset. */
  readonly place: string;
  readonly origin: string;
};

/** Puts a record on the topic that nobody can decode, and waits until its letter has been read. */
export async function poisonedLetter(): Promise<Letter> {
  const said = await demo('poison');
  const [, sku = '', partition = '', offset = ''] =
    /record of (\S+) on \S+, partition (\d+), offset (\d+)/.exec(said) ?? [];
  expect(offset, said).not.toBe('');
  const operator = await as('operator');
  type Row = {
    readonly partition: number;
    readonly offset: string;
    readonly origin: { readonly partition: number; readonly offset: string } | null;
  };
  let place = '';
  await expect
    .poll(
      async () => {
        const { rows } = await operator.ask('deadLetters.list', { topic: parkedIn, gone: false });
        const found = (rows as readonly Row[]).find(
          ({ origin }) => origin?.partition === Number(partition) && origin.offset === offset,
        );
        place = found === undefined ? '' : `${found.partition}/${found.offset}`;
        return place;
      },
      { timeout: 60_000 },
    )
    .not.toBe('');
  return { sku, place, origin: `${partition}/${offset}` };
}

/** Shows the values of a page's letter, unless this person has revealed those of its contract already. */
export async function revealLetter(page: Page, why: string): Promise<void> {
  const hidden = page.getByText('Its values are hidden.', { exact: true });
  const shown = page.getByText('You see values that are hidden from others.');
  await expect(hidden.or(shown)).toBeVisible();
  if (await hidden.isVisible()) {
    await page.getByLabel('Why you need to see them').fill(why);
    await page.getByRole('button', { name: 'Reveal for 30 minutes' }).click();
  }
  await expect(shown).toBeVisible();
}

/** Asks for what a section of the letter's page has shown, and comes to the redrive's page. Answers its id. */
export async function askForIt(page: Page, section: string, why: string): Promise<string> {
  const region = page.getByRole('region', { name: section });
  await region.getByLabel('Reason', { exact: true }).fill(why);
  const ask = region.getByRole('button', { name: 'Ask for it' });
  await expect(ask).not.toHaveAttribute('aria-disabled', 'true');
  await ask.click();
  await page.waitForURL(/\/dead-letters\/redrives\/[0-9a-f-]{36}$/);
  await expect(page.getByText(/1 letter for inventory waits for somebody’s approval/)).toBeVisible();
  await expect(page.getByText('You can’t decide about this one.')).toBeVisible();
  return page.url().split('/').at(-1) ?? '';
}

/** Somebody else approves it, and it runs to its end. */
export async function approveToTheEnd(browser: Browser, redriveId: string): Promise<void> {
  const context = await browser.newContext({ storageState: signedInAs('approver') });
  try {
    const approver = await context.newPage();
    await open(approver, `/dead-letters/redrives/${redriveId}`);
    await answers(approver);
    await approver.getByLabel('Reason', { exact: true }).fill('Exactly this one.');
    const approve = approver.getByRole('button', { name: 'Approve this set' });
    await approve.click();
    // The reason stands in its field before it is sent, and a browser that is closed at once may never send it.
    await expect(approve).toBeHidden();
  } finally {
    await context.close();
  }
  const operator = await as('operator');
  const endedAt = async () => (await operator.ask('deadLetters.redrive', { redriveId })).endedAt;
  await expect.poll(endedAt, { timeout: 180_000 }).not.toBeNull();
}
