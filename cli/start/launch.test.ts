import { expect, it } from 'vitest';
import { demoBeside, readOwnSettings } from './launch.ts';

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

it('what the demo brings corrects no database that the user has named', () => {
  const demo = {
    REPRISE_CONNECTION_SHOP: 'postgresql://demo/shop',
    REPRISE_PROMOTER_SHOP: 'postgresql://demo-promoter/shop',
    REPRISE_CONNECTION_BANK: 'postgresql://demo/bank',
    REPRISE_PROMOTER_BANK: 'postgresql://demo-promoter/bank',
  };
  const shop = new Map([['shop', 'postgresql://own/shop']]);
  const none = new Map<string, string>();
  const { REPRISE_PROMOTER_SHOP: _, ...withoutPromoter } = demo;
  expect(demoBeside(demo, { connections: none, promoters: none })).toEqual(demo);
  expect(demoBeside(demo, { connections: shop, promoters: none })).toEqual({
    ...withoutPromoter,
    REPRISE_CONNECTION_SHOP: 'postgresql://own/shop',
  });
  // It stays where the user has set it, in the environment or in a file.
  expect(demoBeside(demo, { connections: none, promoters: shop })).toEqual(withoutPromoter);
});
