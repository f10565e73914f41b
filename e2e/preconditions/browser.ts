import type { LaunchOptions } from '@playwright/test';

/**
 * Switches of the package that a person's browser does not have: with them, pages of elsewhere may read what they like,
 * and it says nothing that they can't. `--single-process` and its headless mode do not go with Playwright.
 */
const unlike =
  /^--(disable-web-security|allow-running-insecure-content|disable-site-isolation-trials|single-process|headless)/;

/**
 * A browser for the journeys. On Linux x64 it comes from npm, so that nothing is downloaded from elsewhere; on
 * other systems it is the one that `playwright install chromium` has put there.
 */
export async function findBrowser(): Promise<LaunchOptions> {
  const { REPRISE_BROWSER } = process.env;
  if (REPRISE_BROWSER) return { executablePath: REPRISE_BROWSER, args: ['--no-sandbox'] };
  if (process.platform !== 'linux' || process.arch !== 'x64') return {};
  const { default: chromium } = await import('@sparticuz/chromium');
  const args = chromium.args.filter((arg) => !unlike.test(arg));
  return { executablePath: await chromium.executablePath(), args };
}
