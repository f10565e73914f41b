import type { Browser, Page } from '@playwright/test';
import { open } from '../actions/open.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { type DemoRole, signedInAs } from '../preconditions/signed-in.ts';
import { answers } from '../questions/answers.ts';
import { rowWith } from '../questions/row.ts';

test.describe.configure({ mode: 'serial' });

/** A browser of somebody else, for as long as the work lasts. */
async function as<T>(browser: Browser, role: DemoRole | null, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({
    storageState: role === null ? { cookies: [], origins: [] } : signedInAs(role),
  });
  try {
    return await work(await context.newPage());
  } finally {
    await context.close();
  }
}

test('whoever has not signed in comes to the door, and afterwards to where they wanted to go', async ({
  browser,
}) => {
  await as(browser, null, async (page) => {
    await open(page, '/replays?contract=inventory');
    await expect(page).toHaveURL(/\/sign-in\?next=/);
    await expect(page.getByRole('heading', { name: 'This is the demo' })).toBeVisible();
    await page.getByRole('button', { name: 'Vito, viewer' }).click();
    await expect(page).toHaveURL(/\/replays\?contract=inventory$/);
    await expect(page.getByRole('link', { name: /Vito/ })).toBeVisible();
    await answers(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/sign-in$/);
    await open(page, '/');
    await expect(page).toHaveURL(/\/sign-in/);
  });
});

test.describe('a wrong password', () => {
  test.use({ expectedNoise: /401/ });
  test('is refused in words that tell nothing about who there is', async ({ browser }) => {
    await as(browser, null, async (page) => {
      await open(page, '/sign-in');
      await page.getByLabel('E-mail address').fill('operator@demo.example');
      await page.getByRole('textbox', { name: 'Password' }).fill('a guess');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(page.getByText('This address and password do not go together.')).toBeVisible();
    });
  });
});

test('an operator requests, can’t approve their own request, and an approver does: then it runs', async ({
  page,
  browser,
}) => {
  await open(page, '/replays/new?contract=inventory');
  await answers(page);
  await page.getByRole('checkbox', { name: 'Have somebody approve it first' }).check();
  await page.getByLabel('Reason').fill('Four eyes, this time.');
  const request = page.getByRole('button', { name: 'Request approval' });
  await expect(request).not.toHaveAttribute('aria-disabled', 'true');
  await request.click();
  await page.waitForURL(/\/replays\/[0-9a-f-]{36}$/);
  await expect(page.getByText('You can’t decide about this one.')).toBeVisible();
  await expect(page.getByText(/Deciding needs the role approver/)).toBeVisible();

  await as(browser, 'approver', async (approver) => {
    await open(approver, '/approvals');
    await expect(approver.getByText('1 plan waits for your decision.')).toBeVisible();
    await rowWith(approver, 'What waits for approval', 'inventory').getByRole('link').first().click();
    await expect(approver.getByRole('button', { name: 'Approve this plan' })).toHaveAttribute(
      'aria-disabled',
      'true',
    );
    await answers(approver);
    await approver.getByLabel('Reason').fill('The scope is right.');
    await approver.getByRole('button', { name: 'Approve this plan' }).click();
    await expect(approver.getByText('“The scope is right.”')).toBeVisible();
  });

  // The operator's page hears of it, and of the verdicts, by itself.
  await expect(page.getByText('“The scope is right.”')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Verdicts' })).toBeVisible({ timeout: 60_000 });
});

test('a rejection ends the request, and both sides see why', async ({ page, browser }) => {
  await open(page, '/replays/new?contract=inventory&review=true');
  await answers(page);
  await page.getByLabel('Reason').fill('Once more.');
  await page.getByRole('button', { name: 'Request approval' }).click();
  await page.waitForURL(/\/replays\/[0-9a-f-]{36}$/);
  const address = page.url();
  await as(browser, 'approver', async (approver) => {
    await approver.goto(address);
    await answers(approver);
    await approver.getByLabel('Reason').fill('Not while the shop is open.');
    await approver.getByRole('button', { name: 'Reject' }).click();
    await expect(approver.getByText('“Not while the shop is open.”')).toBeVisible();
  });
  await expect(page.getByText('“Not while the shop is open.”')).toBeVisible();
  await expect(page.getByText(/An approver has rejected the plan/).first()).toBeVisible();
});

test('the audit tells the whole story, and who may not read it is told so', async ({ page, browser }) => {
  await as(browser, 'auditor', async (auditor) => {
    await open(auditor, '/');
    await mainLink(auditor, 'Audit').click();
    for (const action of ['replay.launched', 'replay.approved', 'replay.rejected', 'session.started'])
      await expect(auditor.getByRole('table').getByText(action, { exact: true }).first()).toBeVisible();
  });
  await expect(
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Audit' }),
  ).toHaveCount(0);
});

test('a role that is taken counts at once, on the page that is open', async ({ browser }) => {
  await as(browser, 'viewer', async (viewer) => {
    await open(viewer, '/');
    await expect(viewer.getByRole('link', { name: /Vito, viewer/ })).toBeVisible();
    await as(browser, 'admin', async (admin) => {
      const people = await admin.request.get(procedure('people.list'));
      const rows: { id: string; email: string }[] = (await people.json()).result.data.json;
      const personId = rows.find(({ email }) => email === 'viewer@demo.example')?.id;
      const give = (roles: string[]) =>
        admin.request.post(procedure('people.changeRoles'), { data: { json: { personId, roles } } });
      expect((await give(['viewer', 'auditor'])).ok()).toBe(true);
      await expect(viewer.getByRole('link', { name: /Vito, viewer, auditor/ })).toBeVisible();
      await expect(mainLink(viewer, 'Audit')).toBeVisible();
      expect((await give(['viewer'])).ok()).toBe(true);
      await expect(mainLink(viewer, 'Audit')).toHaveCount(0);
    });
  });
});

const mainLink = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });

function procedure(path: string): string {
  return new URL(`/api/trpc/${path}`, process.env.REPRISE_URL).href;
}
