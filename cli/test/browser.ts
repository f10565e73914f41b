import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { findBrowser } from '../../e2e/preconditions/browser.ts';

export type BrowserFound = { env: Record<string, string> } | { why: string };

/**
 * Starts and ends a browser once, so that a machine without one is told from pages that are broken.
 * The one from npm links against NSS and others of the system; where those are missing, the
 * package's own copies (made for bare servers) are unpacked and named to the loader.
 */
export async function tryBrowser(): Promise<BrowserFound> {
  try {
    const options = await findBrowser();
    const env = await missingLibraries(options.executablePath);
    const browser = await chromium.launch({ ...options, env: { ...process.env, ...env } });
    await browser.close();
    return { env };
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split('\n');
    return { why: lines.find((line) => /error while loading|Executable doesn/.test(line)) ?? lines[0] ?? '' };
  }
}

async function missingLibraries(executable: string | undefined): Promise<Record<string, string>> {
  if (executable === undefined || process.platform !== 'linux') return {};
  const linked = execFileSync('ldd', [executable], { encoding: 'utf8' });
  if (!linked.includes('not found')) return {};
  const { inflate } = await import('@sparticuz/chromium');
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  await inflate(join(dirname(entry), '..', 'bin', 'al2023.tar.br'));
  const folders = [join(tmpdir(), 'al2023', 'lib'), process.env.LD_LIBRARY_PATH ?? ''];
  return { LD_LIBRARY_PATH: folders.filter((folder) => folder !== '').join(delimiter) };
}
