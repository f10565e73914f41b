import { expect, it } from 'vitest';
import { readOwnSettings } from './launch.ts';

it('the owner of a database is named together with the role that runs, or not at all', () => {
  const owner = {
    NODE_ENV: 'test' as const,
    REPRISE_OWNER_DATABASE_URL: 'postgresql://owner:s3cret@db.example/reprise',
  };
  expect(() => readOwnSettings(owner, '/repo')).toThrow(
    /REPRISE_OWNER_DATABASE_URL is set and DATABASE_URL is not/,
  );
  const both = { ...owner, DATABASE_URL: 'postgresql://runner:s3cret@db.example/reprise' };
  expect(readOwnSettings(both, '/repo')).toMatchObject({
    databaseUrl: both.DATABASE_URL,
    ownerDatabaseUrl: owner.REPRISE_OWNER_DATABASE_URL,
  });
});
