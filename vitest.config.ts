import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const alias = { '@': fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '') };

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          // A property on a busy machine takes longer than the five seconds that are the default.
          testTimeout: 30_000,
          include: ['**/*.test.ts'],
          exclude: ['**/*.int.test.ts', '**/node_modules/**', '.reprise/**', '.next/**'],
        },
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
