import { test as base, expect } from '@playwright/test';

/**
 * A test that fails when a page wrote an error or a warning to the browser's console: a hydration that did not
 * match, a refused script, a key that is missing. What a journey causes on purpose it names in `expectedNoise`.
 */
export const test = base.extend<{ expectedNoise: RegExp | null; quietConsole: undefined }>({
  expectedNoise: [null, { option: true }],
  quietConsole: [
    async ({ page, expectedNoise }, use) => {
      const said: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          said.push(`${page.url()}: ${message.text()}`);
      });
      page.on('pageerror', (error) => said.push(`${page.url()}: ${error.message}`));
      await use(undefined);
      expect(said.filter((line) => !expectedNoise?.test(line))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
