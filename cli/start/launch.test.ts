import { expect, it } from 'vitest';
import { addressesOf, demoBeside, promotersAside, readOwnSettings } from './launch.ts';

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
  expect(demoBeside(demo, { connections: none })).toEqual(demo);
  expect(demoBeside(demo, { connections: shop })).toEqual({
    ...withoutPromoter,
    REPRISE_CONNECTION_SHOP: 'postgresql://own/shop',
  });
});

it('what reads the demo’s states is corrected by the demo alone, and a promoter that is left aside is named', () => {
  const demo = {
    REPRISE_CONNECTION_SHOP: 'postgresql://demo/shop',
    REPRISE_PROMOTER_SHOP: 'postgresql://demo-promoter/shop',
  };
  const none = new Map<string, string>();
  const shop = new Map([['shop', 'postgresql://own/shop']]);
  const promoters = new Map([...shop, ['till', 'postgresql://own/till']]);
  expect(demoBeside(demo, { connections: none })).toEqual(demo);
  expect(promotersAside(demo, { connections: none, promoters })).toEqual(['shop']);
  expect(promotersAside(demo, { connections: shop, promoters })).toEqual([]);
  expect(promotersAside({}, { connections: none, promoters })).toEqual([]);
});

it('whether Reprise may write to Kafka can be said of the broker that is brought', () => {
  const given = { NODE_ENV: 'test' as const, KAFKA_PROMOTER: 'true' };
  expect(readOwnSettings(given, '/repo').kafka).toBeNull();
  expect(() => readOwnSettings({ ...given, KAFKA_PROMOTER: 'yes' }, '/repo')).toThrow(/KAFKA_PROMOTER=yes/);
  expect(() => readOwnSettings({ ...given, KAFKA_TLS: 'true' }, '/repo')).toThrow(/KAFKA_BROKERS is missing/);
  // With a database of the user's own no broker is brought.
  const databaseUrl = 'postgresql://runner:s3cret@db.example/reprise';
  expect(() => readOwnSettings({ ...given, DATABASE_URL: databaseUrl }, '/repo')).toThrow(
    /KAFKA_BROKERS is missing/,
  );
});

it('without a broker nothing may be written to one, whatever the user has set', () => {
  expect(addressesOf('postgresql://db/reprise', null)).toEqual({
    DATABASE_URL: 'postgresql://db/reprise',
    KAFKA_PROMOTER: '',
  });
  expect(addressesOf('postgresql://db/reprise', 'b:9092')).toEqual({
    DATABASE_URL: 'postgresql://db/reprise',
    KAFKA_BROKERS: 'b:9092',
  });
});
