import type { LaunchOptions } from '@playwright/test';

/**
 * A browser for the journeys. On Linux x64 it comes from npm, so that nothing is downloaded from elsewhere; on
 * other systems it is the one that `playwright install chromium` has put there.
 */
export async function findBrowser(): Promise<LaunchOptions> {
  const { REPRISE_BROWSER } = process.env;
  if (REPRISE_BROWSER) return { executablePath: REPRISE_BROWSER, args: ['--no-sandbox'] };
  if (process.platform !== 'linux' || process.arch !== 'x64') return {};
  const { default: chromium } = await import('@sparticuz/chromium');
  const args = chromium.args.filter((arg) => !arg.startsWith('--headless') && arg !== '--single-process');
  return { executablePath: await chromium.executablePath(), args };
}
