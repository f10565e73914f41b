import type { Browser, Page } from '@playwright/test';
import { generateSync } from 'otplib';
import { invite } from '../actions/invite.ts';
import { open } from '../actions/open.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { accessibilityFaults } from '../questions/accessibility.ts';
import { answers } from '../questions/answers.ts';

test.describe.configure({ mode: 'serial' });

const who = { name: 'Sefa', email: `sefa-${Date.now()}@example.test`, password: 'two things, never one' };
let secret = '';
let recoveryCodes: readonly string[] = [];

/** What the app shows; `later`: the one after, where the present one was used. */
const shown = (later = 0) => generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + 30 * later });

async function asNobody<T>(browser: Browser, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  try {
    return await work(await context.newPage());
  } finally {
    await context.close();
  }
}

async function givePassword(page: Page): Promise<void> {
  await open(page, '/sign-in?next=/account');
  await page.getByLabel('E-mail address').fill(who.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Second factor', level: 1 })).toBeVisible();
}

test('somebody turns the second factor on with an app, and is shown recovery codes once', async ({
  browser,
}) => {
  const link = await asNobody(browser, (page) => invite(page, { ...who, role: 'approver' }));
  await asNobody(browser, async (page) => {
    await page.goto(link);
    await page.getByRole('textbox', { name: 'Password' }).fill(who.password);
    await page.getByRole('button', { name: 'Set it and sign in' }).click();
    await expect(page.getByRole('link', { name: new RegExp(who.name) })).toBeVisible();
    await open(page, '/account');
    await answers(page);
    await page.getByRole('button', { name: 'Set it up' }).click();
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible();
    expect(await accessibilityFaults(page)).toEqual([]);
    const shownSecret = page.getByRole('figure').filter({ hasText: 'Secret' }).locator('pre');
    secret = ((await shownSecret.textContent()) ?? '').replaceAll(/\s/g, '');
    await page.getByRole('textbox', { name: 'Code' }).fill(shown());
    await page.getByRole('button', { name: 'Turn it on' }).click();
    const codes = page.getByRole('region', { name: 'Your recovery codes' });
    recoveryCodes = ((await codes.locator('pre').textContent()) ?? '')
      .split('\n')
      .filter((line) => line !== '');
    expect(recoveryCodes).toHaveLength(10);
    await codes.getByRole('button', { name: 'I have copied it' }).click();
    await expect(page.getByText(/with 10 recovery codes left/)).toBeVisible();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

test.describe('at the door', () => {
  test.use({ expectedNoise: /401|410/ });

  test('the password alone opens nothing, a code does, and it does so once', async ({ browser }) => {
    const code = shown(1);
    await asNobody(browser, async (page) => {
      await givePassword(page);
      await open(page, '/account');
      await expect(page).toHaveURL(/\/sign-in\?next=/);
      await givePassword(page);
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.getByRole('textbox', { name: 'Code' }).fill('000000');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(page.getByText('This is not the code that the app shows now.')).toBeVisible();
      await page.getByRole('textbox', { name: 'Code' }).fill(code);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(page).toHaveURL(/\/account$/);
      await expect(page.getByText(`You are signed in as ${who.name}, approver.`)).toBeVisible();
    });
    await asNobody(browser, async (page) => {
      await givePassword(page);
      await page.getByRole('textbox', { name: 'Code' }).fill(code);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(page.getByText('This code was used already. Wait for the next one.')).toBeVisible();
      await page.getByRole('button', { name: 'Start again' }).click();
      await expect(page.getByRole('heading', { name: 'Sign in', level: 1 })).toBeVisible();
    });
  });

  test('a recovery code stands in for the app, and turns it off', async ({ browser }) => {
    await asNobody(browser, async (page) => {
      const [first = '', second = ''] = recoveryCodes;
      await givePassword(page);
      await page.getByRole('textbox', { name: 'Code' }).fill(first);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(page.getByText(/with 9 recovery codes left/)).toBeVisible();
      await answers(page);
      await page.getByRole('button', { name: 'Turn it off' }).click();
      await page.getByRole('textbox', { name: 'Code' }).fill(second);
      await page.getByRole('button', { name: 'Turn it off' }).click();
      await expect(page.getByRole('button', { name: 'Set it up' })).toBeVisible();
    });
  });
});
