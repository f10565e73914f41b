import { open } from '../actions/open.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { accessibilityFaults } from '../questions/accessibility.ts';

const pages = [
  '/',
  '/contracts',
  '/contracts/inventory',
  '/replays',
  '/replays/new',
  '/states',
  '/states/inventory',
  '/evidence',
];

for (const theme of ['light', 'dark'] as const) {
  for (const width of [1440, 768] as const) {
    test(`axe finds nothing on any page, ${theme}, ${width} px wide`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      for (const path of pages) {
        await open(page, path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        expect(await accessibilityFaults(page), path).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${path} scrolls sideways`).toBeLessThanOrEqual(0);
      }
    });
  }
}

test.describe('an address that leads nowhere', () => {
  // The browser itself writes down every answer of 404.
  test.use({ expectedNoise: [/404/] });
  test('says so', async ({ page }) => {
    await open(page, '/contracts/no-such-contract');
    await expect(page.getByText(/There is no contract no-such-contract/)).toBeVisible();
  });
});

test('no script of elsewhere may run: the policy of every page has a nonce and no unsafe-eval', async ({
  request,
}) => {
  const answer = await request.get(process.env.REPRISE_URL ?? '');
  const policy = answer.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src[^;]*'nonce-/);
  expect(policy).not.toContain('unsafe-eval');
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
