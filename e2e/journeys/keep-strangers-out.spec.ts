import type { Page, Response } from '@playwright/test';
import { open } from '../actions/open.ts';
import { startForeignSite } from '../preconditions/foreign-page.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { answers } from '../questions/answers.ts';

/** What a browser holds off for Reprise, seen in a browser. */

type Seen = { ran: string[]; violations: string[] };

/** Notes in the page what it ran of ours and what its policy held off; whatever the policy is, this is let in. */
async function watch(page: Page): Promise<() => Promise<Seen>> {
  await page.addInitScript(() => {
    const seen: Seen = { ran: [], violations: [] };
    Object.assign(window, { seen });
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      seen.violations.push(`${effectiveDirective} ${blockedURI}`),
    );
  });
  return () => page.evaluate(() => Reflect.get(window, 'seen') as Seen);
}

/** What somebody would put into a page of ours who had found a way to: three ways to run a script. */
const foreignScript = 'https://elsewhere.example/foreign.js';
const injected = `
  <script>seen.ran.push('inline')</script>
  <script src="${foreignScript}"></script>
  <img src="data:," alt="" onerror="seen.ran.push('handler')">`;

/** Puts it into the page that the server answers, which keeps its policy or loses it. Answers how often elsewhere was asked. */
async function inject(page: Page, keepsPolicy: boolean): Promise<() => number> {
  let asked = 0;
  await page.route(foreignScript, (route) => {
    asked += 1;
    return route.fulfill({ contentType: 'text/javascript', body: `seen.ran.push('foreign')` });
  });
  await page.route(
    (url) => url.pathname === '/sign-in',
    async (route) => {
      if (route.request().resourceType() !== 'document') return route.continue();
      const response = await route.fetch();
      const { 'content-security-policy': policy, ...others } = response.headers();
      const headers =
        keepsPolicy && policy !== undefined ? { ...others, 'content-security-policy': policy } : others;
      const body = (await response.text()).replace(/<body[^>]*>/, (tag) => `${tag}${injected}`);
      await route.fulfill({ response, headers, body });
    },
  );
  return () => asked;
}

test.describe('a script that got into a page', () => {
  // Each script that is held off is an error in the console; and the page is not as it was rendered.
  test.use({
    storageState: { cookies: [], origins: [] },
    expectedNoise: /Content Security Policy|Minified React error #4\d\d|Hydration failed/,
  });

  test('does not run, whether it stands in it, comes from elsewhere, or hangs on an element', async ({
    page,
  }) => {
    const seen = await watch(page);
    const asked = await inject(page, true);
    await open(page, '/sign-in');
    await expect(page.getByRole('button', { name: 'Vito, viewer' })).toBeVisible();
    await expect
      .poll(async () => (await seen()).violations.toSorted())
      .toEqual(['script-src-attr inline', `script-src-elem ${foreignScript}`, 'script-src-elem inline']);
    expect((await seen()).ran).toEqual([]);
    expect(asked()).toBe(0);
  });

  test('would run without the policy', async ({ page }) => {
    const seen = await watch(page);
    await inject(page, false);
    await open(page, '/sign-in');
    await expect.poll(async () => (await seen()).ran.toSorted()).toEqual(['foreign', 'handler', 'inline']);
  });
});

test.describe('a page of elsewhere that shows one of ours in a frame', () => {
  test.use({ expectedNoise: /frame-ancestors/ });

  for (const from of ['sameSite', 'otherSite'] as const)
    test(`gets none (${from})`, async ({ page }) => {
      const { REPRISE_URL } = process.env;
      const foreign = await startForeignSite(`<iframe src="${REPRISE_URL}" title="ours"></iframe>`);
      try {
        await page.goto(foreign.origins[from]);
        const [, frame] = page.frames();
        await expect.poll(() => frame?.url()).toMatch(/^chrome-error:/);
        await expect(page.frameLocator('iframe').getByRole('heading', { name: 'Overview' })).toHaveCount(0);
      } finally {
        await foreign.close();
      }
    });
});

test.describe('a page of elsewhere that asks in somebody’s name', () => {
  test.use({ expectedNoise: /403|CORS policy|ERR_FAILED/ });

  const path = '/api/trpc/account.setNoticesByEmail';
  const wish = JSON.stringify({ json: { byEmail: false } });
  const tries: Record<string, (page: Page, url: string) => Promise<unknown>> = {
    'by a request that needs no leave': (page, url) =>
      page.evaluate(
        ([to, body]) => fetch(to, { method: 'POST', mode: 'no-cors', credentials: 'include', body }),
        [url, wish] as const,
      ),
    'by a beacon': (page, url) =>
      page.evaluate(([to, body]) => navigator.sendBeacon(to, body), [url, wish] as const),
    'by a form': async (page, url) => {
      const arrives = page.waitForURL(url);
      await page.evaluate(
        ([to, body]) => {
          const form = document.createElement('form');
          // As text, a name and a value make JSON between them.
          Object.assign(form, { method: 'POST', action: to, enctype: 'text/plain' });
          const field = document.createElement('input');
          Object.assign(field, { name: `${body.slice(0, -1)},"x":"`, value: '"}' });
          form.append(field);
          document.body.append(form);
          form.submit();
        },
        [url, wish] as const,
      );
      await arrives;
    },
  };

  for (const [how, attempt] of Object.entries(tries))
    test(`is refused, and changes nothing: ${how}`, async ({ page }) => {
      const url = new URL(path, process.env.REPRISE_URL).href;
      const foreign = await startForeignSite('<p>Something else</p>');
      try {
        await page.goto(foreign.origins.sameSite);
        const cookies = await cookiesSentTo(page, url);
        const refused: Promise<Response> = page.waitForResponse(
          (response) => response.url() === url && response.request().method() === 'POST',
        );
        await attempt(page, url);
        const answer = await refused;
        // The browser did send who it is: it is not for want of a cookie.
        await expect.poll(cookies).toContainEqual(expect.stringMatching(/reprise=/));
        expect(answer.status()).toBe(403);
      } finally {
        await foreign.close();
      }
      await expectToldByEmail(page);
    });

  test('is not even sent where it needs leave, and changes nothing', async ({ page }) => {
    const url = new URL(path, process.env.REPRISE_URL).href;
    const foreign = await startForeignSite('<p>Something else</p>');
    try {
      await page.goto(foreign.origins.sameSite);
      const thrown = await page.evaluate(
        ([to, body]) =>
          fetch(to, {
            method: 'POST',
            credentials: 'include',
            headers: { 'content-type': 'application/json' },
            body,
          }).then(
            () => null,
            (error: unknown) => String(error),
          ),
        [url, wish] as const,
      );
      expect(thrown).toMatch(/Failed to fetch/);
    } finally {
      await foreign.close();
    }
    await expectToldByEmail(page);
  });

  test('would have changed it as a page of ours', async ({ page }) => {
    await open(page, '/account');
    await answers(page);
    const say = (byEmail: boolean) =>
      page.evaluate(
        ([to, body]) =>
          fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then(
            ({ status }) => status,
          ),
        [path, JSON.stringify({ json: { byEmail } })] as const,
      );
    expect(await say(false)).toBe(200);
    await page.reload();
    await expect(page.getByRole('checkbox', { name: 'Tell me by e-mail' })).not.toBeChecked();
    expect(await say(true)).toBe(200);
    await expectToldByEmail(page);
  });
});

/** What a browser really sends, which it tells of every request, also of one whose answer the page may not read. */
async function cookiesSentTo(page: Page, url: string): Promise<() => string[]> {
  const session = await page.context().newCDPSession(page);
  const urls = new Map<string, string>();
  const sent = new Map<string, string>();
  session.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url));
  session.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    const cookie = Object.entries(headers).find(([name]) => name.toLowerCase() === 'cookie');
    sent.set(requestId, cookie?.[1] ?? '');
  });
  await session.send('Network.enable');
  return () => [...sent].flatMap(([id, cookie]) => (urls.get(id) === url ? [cookie] : []));
}

async function expectToldByEmail(page: Page): Promise<void> {
  await open(page, '/account');
  await answers(page);
  await expect(page.getByRole('checkbox', { name: 'Tell me by e-mail' })).toBeChecked();
}
