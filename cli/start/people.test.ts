import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { freePort } from '../../demo/infra/ports.ts';
import type { LaunchContext } from './context.ts';
import { prepareDoor } from './people.ts';
import { makeSteps } from './steps.ts';

const stateDir = await mkdtemp(join(tmpdir(), 'reprise-people-'));
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(stateDir, { recursive: true, force: true });
});

it('a setting that the user has in a file is not refused as set twice', async () => {
  vi.stubEnv('DATABASE_URL_FILE', 'database-url');
  vi.stubEnv('REPRISE_CONNECTION_SHOP_FILE', 'shop-url');
  let said = '';
  const steps = makeSteps((text) => {
    said += text;
  });
  // As the launcher hands them on: their values, read from those files.
  const environment = {
    DATABASE_URL: `postgresql://127.0.0.1:${await freePort(38_900)}/reprise`,
    REPRISE_CONNECTION_SHOP: 'postgresql://127.0.0.1/shop',
  };
  const context = { root: stateDir, stateDir, steps } as LaunchContext;
  await expect(prepareDoor(context, environment, false)).rejects.toThrow();
  expect(said).not.toMatch(/both set|Wrong settings/);
  expect(said).toMatch(/ECONNREFUSED|reach/);
});
