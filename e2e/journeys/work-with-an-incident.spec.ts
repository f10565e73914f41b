import { open } from '../actions/open.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { signedInAs } from '../preconditions/signed-in.ts';
import { answers } from '../questions/answers.ts';

test.describe.configure({ mode: 'serial' });

const title = 'The shelf labels of aisle 4 show yesterday’s stock.';

test('an operator opens an incident, works on it until it is closed, and each step is on record', async ({
  page,
}) => {
  await open(page, '/incidents');
  await answers(page);
  await page.getByRole('button', { name: 'Open an incident' }).click();
  await page.getByLabel('What is wrong, in one sentence').fill(title);
  await page.getByRole('button', { name: 'Open it' }).click();
  await page.waitForURL(/\/incidents\/[0-9a-f-]{36}$/);
  await expect(page.getByText(title).first()).toBeVisible();

  await page.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Acknowledge', exact: true })).toHaveCount(0);
  const note = page.getByRole('form', { name: 'Add to the timeline' });
  await note.getByLabel('What you saw or did').fill('The label printer was out of paper.');
  await note.getByRole('button', { name: 'Add it' }).click();
  await expect(page.getByText('The label printer was out of paper.').first()).toBeVisible();

  // Nothing proves it, so a reason is asked for, and the button says so.
  await expect(page.getByText('Choose a record that proves it, or say why it is over.')).toBeVisible();
  await page.getByLabel('Why it is over, or what you saw').fill('Paper is in, and the labels are new.');
  await page.getByRole('button', { name: 'It is recovered' }).click();
  await page.getByLabel(/What the review came to/).fill('Order paper before it is out.');
  await page.getByRole('button', { name: 'Reviewed' }).click();
  await page.getByRole('button', { name: 'Close it' }).click();
  await expect(page.getByRole('button', { name: 'Close it' })).toHaveCount(0);
  await page.reload();
  await answers(page);
  for (const said of ['The label printer was out of paper.', 'Paper is in, and the labels are new.'])
    await expect(page.getByText(said).first()).toBeVisible();
});

test('who may not respond reads it, and is told why they can do nothing', async ({ browser }) => {
  const context = await browser.newContext({ storageState: signedInAs('viewer') });
  const viewer = await context.newPage();
  await open(viewer, '/incidents');
  await answers(viewer);
  await expect(viewer.getByRole('button', { name: 'Open an incident' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  // A try before may have opened one too.
  await viewer.getByRole('link', { name: title }).first().click();
  await expect(viewer.getByText(title).first()).toBeVisible();
  await expect(viewer.getByRole('button', { name: 'Open it again' })).toHaveCount(0);
  await context.close();
});
