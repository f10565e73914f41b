import { expect, test } from 'vitest';
import { planServers } from './servers.ts';

const available = () => ({ available: true, how: 'maven' }) as const;
const absent = () => ({ available: false, why: 'no Java was found' }) as const;
const neverAsked = () => {
  throw new Error('the machine was asked for a broker that nobody needs');
};
const databaseUrl = 'postgresql://db.example/reprise';
const kafkaBrokers = 'kafka.example:9092';

test('with nothing named, everything is embedded and the whole demo runs', () => {
  const plan = planServers({ databaseUrl: null, kafkaBrokers: null }, available);
  expect(plan).toEqual({
    embeddedPostgres: true,
    embeddedKafka: true,
    demo: 'stock and accounts',
    notes: [],
  });
});

test('where no broker can be had, the PostgreSQL contract runs and the reason is said', () => {
  const plan = planServers({ databaseUrl: null, kafkaBrokers: null }, absent);
  expect(plan).toMatchObject({ embeddedPostgres: true, embeddedKafka: false, demo: 'accounts' });
  expect(plan.notes.join(' ')).toContain('no Java was found');
});

test.each([
  [{ databaseUrl, kafkaBrokers }, false],
  [{ databaseUrl, kafkaBrokers: null }, false],
  [{ databaseUrl: null, kafkaBrokers }, true],
])('with a server of the user (%j) no demo and no broker start', (wanted, embeddedPostgres) => {
  const plan = planServers(wanted, neverAsked);
  expect(plan).toMatchObject({ embeddedPostgres, embeddedKafka: false, demo: 'none' });
  expect(plan.notes).not.toEqual([]);
});
