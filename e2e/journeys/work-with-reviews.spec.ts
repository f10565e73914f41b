import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { launchReplay } from '../actions/launch-replay.ts';
import { open } from '../actions/open.ts';
import { as } from '../actions/run-a-runbook.ts';
import {
  completeReview,
  downloadedReview,
  provenOffline,
  reviewOfRecovered,
  signedRecord,
  writeSection,
} from '../actions/write-a-review.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { signedInAs } from '../preconditions/signed-in.ts';
import { answers } from '../questions/answers.ts';

test.describe.configure({ mode: 'serial', timeout: 300_000 });

const title = 'Two shelves of the shop show what the warehouse has not.';
let reviewId = '';

test('an incident that recovers leaves a draft, which an operator writes, and completes', async ({
  page,
}) => {
  await draftOf(page);
  await open(page, `/reviews/${reviewId}`);
  await answers(page);
  await expect(page.getByText('fact: computed from what is on record').first()).toBeVisible();
  await expect(page.getByText(/“Summary” is not written/)).toBeVisible();
  await writeSection(
    page,
    'Summary',
    'Two shelves were wrong for **an hour**.\n\n## Impact (fact)\n\nnone at all',
  );
  for (const section of ['Root cause and contributing factors', 'What went well', 'What went badly'])
    await writeSection(page, section, `About: ${section}.`);
  await test.step('an action is added, and changed', async () => {
    const adding = page.getByRole('form', { name: 'Add an action' });
    await adding.getByLabel('To be done').fill('Count the shelves');
    await adding.getByLabel('By').selectOption({ index: 1 });
    await adding.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('button', { name: 'Change it: Count the shelves' }).click();
    const changing = page.getByRole('form', { name: 'Change “Count the shelves”' });
    await changing.getByLabel('To be done').fill('Count the shelves each week');
    await changing.getByRole('button', { name: 'Save it' }).click();
    await expect(page.getByText('Count the shelves each week')).toBeVisible();
  });
  await test.step('what two versions of a section say otherwise stands below it', async () => {
    await writeSection(
      page,
      'Summary',
      'Two shelves were wrong for **two hours**.\n\n## Impact (fact)\n\nnone at all',
    );
    await page.getByRole('button', { name: '2 versions of “Summary”' }).click();
    await expect(page.getByText('removed: Two shelves were wrong for **an hour**.')).toBeVisible();
    await expect(page.getByText('added: Two shelves were wrong for **two hours**.')).toBeVisible();
  });
  await completeReview(page);
});

test('somebody else signs it, takes it away, and its evidence verifies without Reprise', async ({
  browser,
}) => {
  const context = await browser.newContext({ storageState: signedInAs('auditor') });
  const page = await context.newPage();
  await open(page, `/reviews/${reviewId}`);
  await answers(page);
  await page.getByRole('button', { name: 'Sign it' }).click();
  await expect(page.getByText(/It is signed\. A correction is a new revision/)).toBeVisible();
  const files = await downloadedReview(page, reviewId);
  const { predicate } = await signedRecord(files);
  const sha256 = (name: string) =>
    createHash('sha256')
      .update(files[name] ?? '')
      .digest('hex');
  expect(sha256('review.json')).toBe(predicate.document);
  expect(sha256('review.md')).toBe(predicate.markdown);
  expect(new TextDecoder().decode(files['review.md'])).toContain('> ## Impact (fact)');
  expect(new TextDecoder().decode(files['review.pdf']?.subarray(0, 5))).toBe('%PDF-');
  expect(await provenOffline(files)).toBeGreaterThanOrEqual(2);
  await test.step('the record of the signature says whose review it is, and of what', async () => {
    await open(page, '/evidence?kind=review');
    await page.getByRole('table', { name: 'Evidence records' }).getByRole('link').first().click();
    await expect(page.getByRole('heading', { name: 'The review', exact: true })).toBeVisible();
    await expect(page.getByRole('link', { name: reviewId })).toBeVisible();
  });
  await context.close();
});

test('the page of reviews lists it, with how long such things take by month', async ({ page }) => {
  await open(page, '/reviews');
  await answers(page);
  await expect(page.getByRole('link', { name: title }).first()).toBeVisible();
  await expect(
    page.getByRole('img', { name: /Median times to detect, acknowledge and recover/ }),
  ).toBeVisible();
});

/** An incident with a record of evidence, from when it is opened until it has recovered. */
async function draftOf(page: Page): Promise<void> {
  const operator = await as('operator');
  const replayId = (await launchReplay(page, 'accounts')).split('/').at(-1);
  const { evidenceId } = await operator.ask('replays.get', { replayId });
  const { incidentId } = await operator.tell('incidents.openByHand', {
    ...{ title, class: 'P3', contractId: 'accounts', beganAt: null },
  });
  await operator.tell('incidents.attachEvidence', { incidentId, evidenceId });
  reviewId = await reviewOfRecovered(page, incidentId, 'The shelves were counted.');
}
