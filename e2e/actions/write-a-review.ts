/** What people do with a review on its page, from the recovery of its incident to the file that they take away. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { expect } from '../preconditions/quiet-console.ts';
import { answers } from '../questions/answers.ts';
import { open } from './open.ts';
import { verifyBundle } from './verify-bundle.ts';

type Files = Record<string, Uint8Array>;

/** Says that an incident is over, and goes to the review that was drafted of it. Answers its id. */
export async function reviewOfRecovered(page: Page, incidentId: string, why: string): Promise<string> {
  await open(page, `/incidents/${incidentId}`);
  await answers(page);
  await page.getByLabel('Why it is over, or what you saw').fill(why);
  await page.getByRole('button', { name: 'It is recovered' }).click();
  await page.getByRole('link', { name: 'Its review' }).click();
  await page.waitForURL(/\/reviews\/[0-9a-f-]{36}$/);
  return page.url().split('/').at(-1) ?? '';
}

export async function writeSection(page: Page, section: string, text: string): Promise<void> {
  const region = page.getByRole('region', { name: section });
  await region.getByRole('textbox', { name: section }).fill(text);
  const save = region.getByRole('button', { name: 'Save', exact: true });
  await save.click();
  await expect(region.getByText('Nothing has changed.')).toBeVisible();
}

/** Completes it with what is on record by now. */
export async function completeReview(page: Page): Promise<void> {
  const computed = page.waitForResponse((answer) => answer.url().includes('reviews.refresh'));
  await page.getByRole('button', { name: 'Compute the facts anew' }).click();
  await computed;
  await page.getByRole('button', { name: 'Complete it' }).click();
  await expect(page.getByText(/It is complete: somebody who wrote none of it signs it/)).toBeVisible();
}

/** The ZIP of a signed review, unpacked. */
export async function downloadedReview(page: Page, reviewId: string): Promise<Files> {
  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: 'ZIP with its evidence' }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toBe(`review-${reviewId}-revision-1.zip`);
  return unzipSync(await readFile(await file.path()));
}

/** That each bundle of it verifies without Reprise, and the first two do not once they are forged. Answers how many there are. */
export async function provenOffline(files: Files): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-review-'));
  try {
    const bundles = Object.entries(files).filter(([name]) => name.startsWith('evidence/'));
    for (const [at, [name, content]] of bundles.entries()) {
      const file = join(folder, basename(name));
      await writeFile(file, content);
      expect(await verifyBundle(file)).toContain('All of it holds.');
      if (at > 1) continue;
      const flipped = (_: string, before: string, one: string) => `${before}${one === 'A' ? 'B' : 'A'}`;
      const forged = (await readFile(file, 'utf8')).replace(/("envelope":".{200})(.)/, flipped);
      await writeFile(file, forged);
      await expect(verifyBundle(file)).rejects.toThrow();
    }
    return bundles.length;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What the record of the signature says, as it was signed. */
export async function signedRecord(files: Files) {
  for (const [name, content] of Object.entries(files)) {
    if (!name.startsWith('evidence/')) continue;
    const inBase64 = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    const statement = inBase64(inBase64(JSON.parse(new TextDecoder().decode(content)).envelope).payload);
    if (statement.predicate.signers !== undefined) return statement;
  }
  throw new Error('the record of the signature is not there');
}
