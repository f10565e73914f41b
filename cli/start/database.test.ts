import { expect, it } from 'vitest';
import { migrateDatabase } from './database.ts';
import { makeSteps } from './steps.ts';

it('a database that nobody answers for is said with the setting that names it, and without its password', async () => {
  let printed = '';
  const steps = makeSteps((text) => {
    printed += text;
  });
  await expect(
    migrateDatabase(
      { steps },
      { databaseUrl: 'postgresql://ada:s3cret@127.0.0.1:1/reprise', ownerUrl: null },
    ),
  ).rejects.toThrow();
  expect(printed).toMatch(/✗ Database schema: DATABASE_URL.*ECONNREFUSED.*server runs/);
  expect(printed).not.toContain('s3cret');
});

it('an owner that nobody answers for is said with the setting of the owner', async () => {
  let printed = '';
  const steps = makeSteps((text) => {
    printed += text;
  });
  const nobody = (name: string) => `postgresql://${name}:s3cret@127.0.0.1:1/reprise`;
  await expect(
    migrateDatabase({ steps }, { databaseUrl: nobody('runner'), ownerUrl: nobody('owner') }),
  ).rejects.toThrow();
  expect(printed).toMatch(/✗ Database schema: REPRISE_OWNER_DATABASE_URL.*ECONNREFUSED/);
  expect(printed).not.toContain('s3cret');
});
