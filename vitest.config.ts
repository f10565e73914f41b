import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const alias = { '@': fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '') };

const never = ['**/*.int.test.ts', '**/node_modules/**', '.reprise/**', '.next/**'];
const startsProcesses = '{bench,cli,demo,e2e}/**/*';
// A property on a busy machine takes longer than the five seconds that are the default.
const unit = { testTimeout: 30_000 };

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          ...unit,
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...never, startsProcesses],
          // Loading modules anew for each of three hundred files took half of the time, and none of these keeps anything.
          isolate: false,
        },
      },
      {
        resolve: { alias },
        // What starts processes knows of its own until it has stopped them all.
        test: { ...unit, name: 'unit-apart', include: [`${startsProcesses}.test.ts`], exclude: never },
      },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['**/*.int.test.ts'],
          exclude: ['**/node_modules/**', '.reprise/**', '.next/**'],
          globalSetup: [
            './demo/infra/test-servers.ts',
            './demo/testing/migrated-template.ts',
            './demo/testing/bundled-worker.ts',
          ],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Tests wait for brokers and clocks half of their time: two cores have work for three.
          maxWorkers: 3,
        },
      },
    ],
  },
});
