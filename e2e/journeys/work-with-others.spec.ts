import type { Browser, Page } from '@playwright/test';
import { launchReplay } from '../actions/launch-replay.ts';
import { open } from '../actions/open.ts';
import { startTraffic } from '../actions/traffic.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { type DemoRole, signedInAs } from '../preconditions/signed-in.ts';
import { answers } from '../questions/answers.ts';
import { eventsOf, figuresOf } from '../questions/key-page.ts';
import { rowWith } from '../questions/row.ts';
import { booksOf, factsUnderWay } from '../questions/shop-books.ts';

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

/** What it is asked for is being previewed until the button is there for it, and a click before that asks for nothing. */
async function requestApproval(page: Page): Promise<void> {
  const request = page.getByRole('button', { name: 'Request approval' });
  await expect(request).not.toHaveAttribute('aria-disabled', 'true');
  await request.click();
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
    // The page hears that the session has ended before the answer to its own sign-out is there.
    await page.route('**/api/auth/sign-out', async (route) => {
      const response = await route.fetch();
      await page.waitForResponse((heard) => heard.url().includes('account.me'));
      await route.fulfill({ response });
    });
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
  await page.getByLabel('Reason', { exact: true }).fill('Four eyes, this time.');
  await requestApproval(page);
  await page.waitForURL(/\/replays\/[0-9a-f-]{36}$/);
  await expect(page.getByText('You can’t decide about this one.')).toBeVisible();
  await expect(page.getByText(/Deciding needs the role approver/)).toBeVisible();

  await as(browser, 'approver', async (approver) => {
    await open(approver, '/approvals');
    await expect(approver.getByText('1 request waits for your decision.')).toBeVisible();
    const row = rowWith(approver, 'What waits for approval', 'inventory');
    await expect(row.getByText('not looked at yet')).toBeVisible();
    await row.getByRole('link').first().click();
    const radius = approver.getByRole('region', { name: 'Blast radius' });
    await expect(radius.getByText('6 of 6')).toBeVisible();
    await expect(radius.getByText(/about .* kB/).first()).toBeVisible();
    await expect(radius.getByText(/inventory-projector/)).toBeVisible();
    await expect(approver.getByRole('region', { name: 'Evidence so far' })).toBeVisible();
    await expect(approver.getByRole('button', { name: 'Approve this plan' })).toHaveAttribute(
      'aria-disabled',
      'true',
    );
    await answers(approver);
    await approver.getByLabel('Reason', { exact: true }).fill('The scope is right.');
    await approver.getByRole('button', { name: 'Approve this plan' }).click();
    await expect(approver.getByText('“The scope is right.”')).toBeVisible();
  });

  // The operator's page hears of it, and of the verdicts, by itself.
  await expect(page.getByText('“The scope is right.”')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Verdicts' })).toBeVisible({ timeout: 60_000 });
});

test.describe('of two roles', () => {
  // What the open page asks with a role that is being taken from it is refused, and the browser says so.
  test.use({ expectedNoise: /403/ });

  test('who holds both roles can’t approve their own request, and the page says that it is theirs', async ({
    page,
    browser,
  }) => {
    await as(browser, 'admin', async (admin) => {
      const roles = await rolesOf(admin, 'operator@demo.example');
      await roles.give(['operator', 'approver']);
      try {
        await open(page, '/replays/new?contract=inventory&review=true');
        await answers(page);
        await expect(page.getByRole('link', { name: /operator, approver/ })).toBeVisible();
        await page.getByLabel('Reason', { exact: true }).fill('Two roles, and one person.');
        await requestApproval(page);
        await page.waitForURL(/\/replays\/[0-9a-f-]{36}$/);
        await expect(page.getByText('You can’t decide about this one.')).toBeVisible();
        await expect(page.getByText('You requested it, so somebody else decides about it.')).toBeVisible();
        await expect(page.getByRole('button', { name: 'Approve this plan' })).toHaveCount(0);

        // Nor past the page, with the cookies of the same browser.
        const replayId = page.url().slice(-36);
        const asked = new URLSearchParams({ input: JSON.stringify({ json: { replayId } }) });
        const { result } = await (await page.request.get(`${procedure('approvals.of')}?${asked}`)).json();
        const answer = await page.request.post(procedure('approvals.decide'), {
          data: {
            json: {
              replayId,
              planHash: result.data.json.planHash,
              verdict: 'approved',
              reason: 'It is mine.',
            },
          },
        });
        expect(answer.status()).toBe(403);
        expect(await answer.text()).toContain('You requested it, so somebody else decides about it.');
      } finally {
        await roles.give(['operator']);
      }
    });
    // Somebody else may, and does.
    const address = page.url();
    await as(browser, 'approver', async (approver) => {
      await approver.goto(address);
      await answers(approver);
      await approver.getByLabel('Reason', { exact: true }).fill('Not needed any more.');
      await approver.getByRole('button', { name: 'Reject' }).click();
      // A browser that is closed at once may never have sent it.
      await expect(approver.getByText('“Not needed any more.”')).toBeVisible();
    });
    await expect(page.getByText('“Not needed any more.”')).toBeVisible();
    await expect(page.getByRole('link', { name: /, operator$/ })).toBeVisible();
  });
});

test('a rejection ends the request, and both sides see why', async ({ page, browser }) => {
  await open(page, '/replays/new?contract=inventory&review=true');
  await answers(page);
  await page.getByLabel('Reason', { exact: true }).fill('Once more.');
  await requestApproval(page);
  await page.waitForURL(/\/replays\/[0-9a-f-]{36}$/);
  const address = page.url();
  await as(browser, 'approver', async (approver) => {
    await approver.goto(address);
    await answers(approver);
    await approver.getByLabel('Reason', { exact: true }).fill('Not while the shop is open.');
    await approver.getByRole('button', { name: 'Reject' }).click();
    await expect(approver.getByText('“Not while the shop is open.”')).toBeVisible();
  });
  await expect(page.getByText('“Not while the shop is open.”')).toBeVisible();
  await expect(page.getByText(/An approver has rejected the plan/).first()).toBeVisible();
});

test('two people break the glass where no approver can be had, and a third one reviews it', async ({
  page,
  browser,
}) => {
  await open(page, '/replays/new?contract=inventory&review=true');
  await answers(page);
  await page.getByLabel('Reason', { exact: true }).fill('It can’t wait.');
  await requestApproval(page);
  await page.waitForURL(/\/replays\/[0-9a-f-]{36}$/);
  const address = page.url();
  await page.getByText('No approver can be had, and it can’t wait').click();
  await page.getByLabel('Reason to break the glass').fill('The shop opens in ten minutes.');
  await page.getByRole('button', { name: 'Break the glass' }).click();
  await expect(page.getByText('You began it: a second person has to confirm it.')).toBeVisible();

  await as(browser, 'approver', async (approver) => {
    await approver.goto(address);
    await answers(approver);
    await approver.getByLabel('Reason to break the glass').fill('Seen, and agreed.');
    await approver.getByRole('button', { name: 'Confirm: let it run' }).click();
    await expect(approver.getByText(/let it run without its approvals/)).toBeVisible();
  });
  await expect(page.getByText(/let it run without its approvals/)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Verdicts' })).toBeVisible({ timeout: 60_000 });

  await as(browser, 'auditor', async (auditor) => {
    await open(auditor, '/approvals');
    await answers(auditor);
    await auditor.getByLabel('What the review came to').fill('It was needed.');
    await auditor.getByRole('button', { name: 'Close the review' }).click();
    await expect(auditor.getByRole('heading', { name: 'Broken glass' })).toHaveCount(0);
  });
  await expect(page.getByText(/“It was needed.”/)).toBeVisible();
});

test('what history says becomes the live state while traffic flows, once somebody else has approved it', async ({
  page,
  browser,
}) => {
  test.setTimeout(300_000);
  const sku = 'JAR-2412';
  const replay = await launchReplay(page, 'inventory');
  const known = new Set((await eventsOf(page, sku)).map(({ at }) => at));
  const [history = ''] = await figuresOf(page, 'quantity');
  expect(history).toBe('388');
  const booked = await booksOf(sku);
  await page.goto(replay);
  const traffic = startTraffic();
  /** The traffic comes to the promoted key once more. */
  const comesBy = async () => {
    const { movements } = await booksOf(sku);
    await expect
      .poll(async () => (await booksOf(sku)).movements, { timeout: 60_000 })
      .toBeGreaterThan(movements);
  };
  try {
    await expect(page.getByRole('heading', { name: 'Ask for a promotion' })).toBeVisible();
    await page.getByLabel('Only these keys').fill(sku);
    await page.getByLabel('Reason for the promotion').fill('Stock was counted: history is right.');
    await page.getByRole('button', { name: 'Ask for 2 promotions' }).click();
    await page.waitForURL(/\/promotions$/);
    await rowWith(page, 'Promotions', 'selling').getByRole('link').first().click();
    await expect(page.getByText('You can’t decide about this one.')).toBeVisible();
    await expect(page.getByText(/nothing has been written/)).toBeVisible();
    await comesBy();

    await as(browser, 'approver', async (approver) => {
      for (const state of ['selling', 'warehouse']) {
        await open(approver, '/approvals');
        await rowWith(approver, 'Promotions that wait for approval', state).getByRole('link').first().click();
        await answers(approver);
        await expect(approver.getByRole('table', { name: 'Changes' })).toContainText('388');
        await approver.getByLabel('Reason', { exact: true }).fill(`The diff of ${state} is right.`);
        await approver.getByRole('button', { name: 'Approve these changes' }).click();
        await expect(approver.getByText(`“The diff of ${state} is right.”`)).toBeVisible();
      }
    });

    // The operator's page hears of it by itself, and shows before and after.
    await expect(page.getByText(/1 of 1 key of selling was written/)).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('heading', { name: 'Before and after' })).toBeVisible();
    await open(page, '/promotions');
    await expect(rowWith(page, 'Promotions', 'warehouse')).toContainText('promoted', { timeout: 60_000 });
    await comesBy();
  } finally {
    await traffic.stop();
  }
  await expect.poll(factsUnderWay, { timeout: 60_000 }).toBe(0);

  await launchReplay(page, 'inventory');
  await expect(page.getByText(/the replay is trusted/)).toBeVisible();
  for (const state of ['inventory', 'selling', 'warehouse'])
    await expect(
      rowWith(page, 'Derived states', new RegExp(`^${state}`)).getByText('equal', { exact: true }),
    ).toBeVisible();

  // Nothing that came meanwhile was lost or done twice: each state has moved by these events, and by no others.
  const since = (await eventsOf(page, sku)).filter(({ at }) => !known.has(at));
  const books = await booksOf(sku);
  expect(since.map(({ outcome }) => outcome)).toEqual(
    Array(books.movements - booked.movements).fill('applied'),
  );
  const moved = Number(history) + since.reduce((sum, { change }) => sum + change, 0);
  expect(moved).toBe(books.onHand);
  await expect(page.getByText('Every derived state agrees with history on this key.')).toBeVisible();
  for (const state of ['inventory', 'selling', 'warehouse'])
    await expect(
      page.getByRole('table', { name: 'Figures of this key' }).getByRole('columnheader', { name: state }),
    ).toBeVisible();
  expect(await figuresOf(page, 'quantity')).toEqual(Array(4).fill(String(moved)));
});

test('an administrator sees that nobody is told outside the pages, and everybody turns e-mail off for themselves', async ({
  browser,
}) => {
  await as(browser, 'admin', async (admin) => {
    await open(admin, '/people');
    const email = rowWith(admin, 'Channels of notices', 'E-mail');
    await expect(email.getByText('not configured', { exact: true })).toBeVisible();
    await expect(email.getByText(/REPRISE_SMTP_URL/)).toBeVisible();
    await expect(email.getByRole('button', { name: 'Send a test by E-mail' })).toHaveAttribute(
      'aria-disabled',
      'true',
    );
  });
  await as(browser, 'approver', async (approver) => {
    await open(approver, '/account');
    await answers(approver);
    const byEmail = approver.getByRole('checkbox', { name: 'Tell me by e-mail' });
    await expect(byEmail).toBeChecked();
    await byEmail.uncheck();
    await expect(byEmail).not.toBeChecked();
    await open(approver, '/account');
    await answers(approver);
    await expect(byEmail).not.toBeChecked();
    await byEmail.check();
    await expect(byEmail).toBeChecked();
  });
});

test('the audit tells the whole story, and who may not read it is told so', async ({ page, browser }) => {
  await as(browser, 'auditor', async (auditor) => {
    await open(auditor, '/');
    await mainLink(auditor, 'Audit').click();
    for (const action of [
      'replay.launched',
      'replay.approved',
      'replay.rejected',
      'session.started',
      'promotion.requested',
      'promotion.approved',
      'promotion.began',
      'promotion.promoted',
      'glass.broken',
      'glass.reviewed',
    ])
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
      const roles = await rolesOf(admin, 'viewer@demo.example');
      await roles.give(['viewer', 'auditor']);
      await expect(viewer.getByRole('link', { name: /Vito, viewer, auditor/ })).toBeVisible();
      await expect(mainLink(viewer, 'Audit')).toBeVisible();
      await roles.give(['viewer']);
      await expect(mainLink(viewer, 'Audit')).toHaveCount(0);
    });
  });
});

const mainLink = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });

/** The roles of somebody, in the hands of an administrator. */
async function rolesOf(admin: Page, email: string) {
  const people = await admin.request.get(procedure('people.list'));
  const rows: { id: string; email: string }[] = (await people.json()).result.data.json;
  const personId = rows.find((each) => each.email === email)?.id;
  return {
    give: async (roles: readonly DemoRole[]) => {
      const answer = await admin.request.post(procedure('people.changeRoles'), {
        data: { json: { personId, roles } },
      });
      expect(answer.ok()).toBe(true);
    },
  };
}

function procedure(path: string): string {
  return new URL(`/api/trpc/${path}`, process.env.REPRISE_URL).href;
}
