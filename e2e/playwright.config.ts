import { defineConfig } from '@playwright/test';
import { findBrowser } from './preconditions/browser.ts';
import { signedInAs } from './preconditions/signed-in.ts';

const browser = await findBrowser();

export default defineConfig({
  testDir: './journeys',
  testMatch: '*.spec.ts',
  outputDir: '../test-results',
  globalSetup: './preconditions/running-reprise.ts',
  // One pipeline is shared by all journeys, and two cores are shared by it.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [
    ['line'],
    ['json', { outputFile: process.env.REPRISE_E2E_REPORT ?? '../.reprise/test/e2e.json' }],
  ],
  use: {
    launchOptions: browser,
    // Most of what is done here an operator does; who else does something says so.
    storageState: signedInAs('operator'),
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'off',
  },
});
