import type { Page } from '@playwright/test';
import { open } from '../actions/open.ts';
import {
  approveToTheEnd,
  askForIt,
  type Letter,
  parkedIn,
  poisonedLetter,
  revealLetter,
} from '../actions/redrive-a-letter.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { signEverybodyIn } from '../preconditions/signed-in.ts';
import { answers } from '../questions/answers.ts';
import { expectAccessible, look, looks } from '../questions/every-look.ts';
import { rowWith } from '../questions/row.ts';

// A record that nobody can decode stays in the history, and no replay of all of it is trusted from then on: so this
// comes after every journey that proves something by one.
test.describe.configure({ mode: 'serial', timeout: 300_000 });

// Some acts ask for a sign-in of the last quarter of an hour, which the journeys before may have used up.
test.beforeAll(() => signEverybodyIn(process.env.REPRISE_URL ?? ''));

let letter: Letter = { sku: '', place: '', origin: '' };
const hrefOf = ({ place }: Letter) => `/dead-letters/${parkedIn}/${place}`;

async function openLetter(page: Page): Promise<void> {
  await open(page, hrefOf(letter));
  await answers(page);
  await expect(
    page.getByRole('heading', { name: `${parkedIn} ${letter.place}`, exact: true, level: 1 }),
  ).toBeVisible();
}

test('what nobody could decode stands by its cause, and leads to its letter', async ({ page }) => {
  letter = await poisonedLetter();
  await open(page, '/dead-letters');
  await answers(page);
  await expect(page.getByText(/dead letters? stands? in \d+ topics?\./)).toBeVisible();
  const cause = rowWith(page, `Dead letters of ${parkedIn} by cause`, 'undecodable');
  await cause.getByRole('link', { name: 'undecodable' }).click();
  await expect(page).toHaveURL(/cause=/);
  await expect(page.getByRole('region', { name: 'Send this cause again' })).toBeVisible();
  const row = page
    .getByRole('table', { name: 'Dead letters', exact: true })
    .getByRole('row')
    .filter({ has: page.getByRole('cell', { name: letter.origin, exact: true }) });
  await row.getByRole('link', { name: letter.place, exact: true }).click();
  await page.waitForURL((url) => url.pathname === hrefOf(letter));
  await expect(page.getByText(/^inventory parked it: undecodable: hidden/)).toBeVisible();
  await expect(page.getByText(/The contract refuses it as well/)).toBeVisible();
});

test('a letter that is sent again as it is fails again, as its preview has said', async ({
  page,
  browser,
}) => {
  await openLetter(page);
  await revealLetter(page, 'To see what was cut off.');
  await expect(page.getByRole('textbox', { name: 'Value', exact: true })).toHaveValue('{"quantity": 1');
  const sending = page.getByRole('region', { name: 'Send it again' });
  await expect(sending.getByText('inventory.events.inventory.retry')).toBeVisible();
  await expect(
    sending.getByText('1 of the 1 that were looked at would fail again by the contract’s own reading.'),
  ).toBeVisible();
  await expect(sending.getByRole('table', { name: 'Would fail again' })).toContainText(letter.place);
  const redriveId = await askForIt(page, 'Send it again', 'Its producer says that it is whole.');
  await approveToTheEnd(browser, redriveId);
  await open(page, `/dead-letters/redrives/${redriveId}`);
  await answers(page);
  await expect(page.getByText(/0 of 1 letter is reprocessed by inventory/)).toBeVisible();
  await expect(rowWith(page, 'Letters of this redrive', letter.place)).toContainText('failed');
});

test('an edited letter goes out as another event that names it, and is reprocessed', async ({
  page,
  browser,
}) => {
  await openLetter(page);
  await revealLetter(page, 'To correct it.');
  const correcting = page.getByRole('region', { name: 'Correct it' });
  const value = correcting.getByRole('textbox', { name: 'Value', exact: true });
  await expect(value).toHaveValue('{"quantity": 1');
  // What is typed while the page takes itself up is put before what stood there: whoever sees that types it again.
  await expect(async () => {
    await value.fill('{"quantity": 1}');
    await expect(value).toHaveValue('{"quantity": 1}', { timeout: 1_000 });
  }).toPass();
  await correcting.getByLabel('Ticket').fill('INC-2');
  await correcting.getByRole('button', { name: 'Look at it' }).click();
  await expect(
    correcting.getByText(`The contract reads it as StockReceived of ${letter.sku}.`),
  ).toBeVisible();
  await expect(correcting.getByText(/The letter’s own value is no JSON/)).toBeVisible();
  const redriveId = await askForIt(page, 'Correct it', 'Its end was cut off: the delivery note says one.');
  const correction = page.getByRole('region', { name: 'The correction' });
  for (const named of ['New event', 'Corrects', 'Corrected by', 'INC-2'])
    await expect(correction.getByText(named, { exact: true })).toBeVisible();
  await approveToTheEnd(browser, redriveId);
  await open(page, `/dead-letters/redrives/${redriveId}`);
  await answers(page);
  await expect(page.getByText(/1 of 1 letter is reprocessed by inventory/)).toBeVisible();
  await expect(rowWith(page, 'Letters of this redrive', letter.place)).toContainText('reprocessed');
  await test.step('the letter says what took its place, and what came of each try', async () => {
    await openLetter(page);
    await expect(page.getByText(/took its place as .*, and was reprocessed\./)).toBeVisible();
    await expect(rowWith(page, 'Redrives of this letter', 'edited: ')).toContainText('reprocessed');
    await expect(rowWith(page, 'Redrives of this letter', 'it was')).toContainText('failed');
  });
});

for (const { theme, width } of looks.slice(0, 2)) {
  test(`axe finds nothing among dead letters, ${theme}, ${width} px wide`, async ({ page }) => {
    await look(page, theme, width);
    await expectAccessible(page, '/dead-letters');
    await expectAccessible(page, hrefOf(letter));
  });
}
