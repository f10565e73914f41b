import { open } from '../actions/open.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { expectAccessible, look, looks } from '../questions/every-look.ts';

const pages = [
  '/',
  '/contracts',
  '/contracts/inventory',
  '/replays',
  '/replays/new',
  '/states',
  '/states/inventory',
  '/lag',
  '/lag/inventory/state%3Awarehouse',
  '/budgets',
  '/budgets/inventory:lag:state:warehouse',
  '/sagas',
  '/losses',
  '/dead-letters',
  '/promotions',
  '/approvals',
  '/incidents',
  '/reviews',
  '/evidence',
  '/account',
  '/account/permissions',
];

for (const { theme, width } of looks.slice(0, 2)) {
  test(`axe finds nothing on any page before there is data, ${theme}, ${width} px wide`, async ({ page }) => {
    await look(page, theme, width);
    for (const path of pages) await expectAccessible(page, path);
  });
}

for (const { theme, width } of looks.slice(0, 2)) {
  test(`axe finds nothing at the door, ${theme}, ${width} px wide`, async ({ browser }) => {
    const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
    const page = await context.newPage();
    await look(page, theme, width);
    for (const path of ['/sign-in', '/welcome']) await expectAccessible(page, path);
    await context.close();
  });
}

test.describe('an address that leads nowhere', () => {
  // The browser writes down every answer of 404.
  test.use({ expectedNoise: /404/ });
  test('says so', async ({ page }) => {
    await open(page, '/contracts/no-such-contract');
    await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible();
    await expect(page.locator('#main')).toContainText('There is no contract no-such-contract.');
  });

  test('answers 404 for what can not be or is not', async ({ request }) => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    for (const path of [
      '/contracts/nope',
      '/replays/nope',
      `/replays/${nobody}`,
      `/evidence/${nobody}`,
      `/promotions/${nobody}`,
      `/incidents/${nobody}`,
    ]) {
      const answer = await request.get(new URL(path, process.env.REPRISE_URL).href);
      expect(answer.status(), path).toBe(404);
    }
  });
});

test('no script of elsewhere may run: the policy of every page has a nonce and no unsafe-eval', async ({
  request,
}) => {
  const answer = await request.get(process.env.REPRISE_URL ?? '');
  const policy = answer.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src[^;]*'nonce-/);
  expect(policy).not.toContain('unsafe-eval');
  for (const path of ['', 'icon.svg', 'api/health', 'api/trpc/nothing']) {
    const { 'x-content-type-options': sniffing } = (
      await request.get(new URL(path, process.env.REPRISE_URL).href)
    ).headers();
    expect(sniffing, path).toBe('nosniff');
  }
});

test('a page of elsewhere can not make the browser act here', async ({ request }) => {
  const url = new URL('/api/trpc/replays.launch', process.env.REPRISE_URL).href;
  for (const origin of ['https://elsewhere.example', 'null']) {
    const answer = await request.post(url, {
      headers: { origin, 'content-type': 'application/json' },
      data: {},
    });
    expect(answer.status(), origin).toBe(403);
  }
});
