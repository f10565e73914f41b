import { createServer } from 'node:net';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { databaseFault, isDatabaseAway } from './database-fault.ts';

const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

/** The error of a connection that nobody accepts, as the driver gives it. */
async function refused(): Promise<unknown> {
  const server = createServer();
  const port = await new Promise<number>((done) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
  await new Promise((done) => server.close(done));
  const client = new pg.Client({ connectionString: `postgresql://ada:s3cret@127.0.0.1:${port}/reprise` });
  return client.connect().catch((error: unknown) => error);
}

describe('a fault of the database', () => {
  it('names the setting where nobody answers, and not its password', async () => {
    const sentence = databaseFault(await refused());
    expect(sentence).toMatch(/DATABASE_URL.*ECONNREFUSED.*server runs/);
    expect(sentence).not.toContain('s3cret');
  });

  it.each([
    ['28P01', 'password authentication failed for user "ada"', /DATABASE_URL.*the password/],
    ['3D000', 'database "x" does not exist', /DATABASE_URL.*database name/],
    ['42501', 'permission denied for table replay', /DATABASE_URL.*lacks a right.*reprise -- migrate/],
    ['42P01', 'relation "person" does not exist', /DATABASE_URL.*tables of Reprise/],
  ])('with %s says what to mend', (code, message, sentence) => {
    expect(databaseFault(coded(code, message))).toMatch(sentence);
    expect(isDatabaseAway(coded(code, message))).toBe(false);
  });

  it.each(['57P01', '57P03', '08006', 'ECONNRESET', 'P1001', 'P1017', '53300'])(
    'with %s may pass by itself',
    (code) => {
      expect(isDatabaseAway(coded(code, 'x'))).toBe(true);
    },
  );

  it('is seen through Prisma, which says first what it was asked', () => {
    const asked = '\nInvalid `prisma.evidenceRecord.findUnique()` invocation:\n\n\n';
    const unreached = coded('P1001', `${asked}Can't reach database server at 127.0.0.1:1`);
    expect(databaseFault(unreached)).toMatch(/^DATABASE_URL: .*\(Can't reach database server/);
    const meta = { driverAdapterError: { cause: { originalCode: '57P01' } } };
    expect(isDatabaseAway(Object.assign(coded('P2010', `${asked}Raw query failed`), { meta }))).toBe(true);
  });

  it('is not seen in an error of another kind', () => {
    expect(databaseFault(new TypeError('x is no function'))).toBeNull();
  });
});
