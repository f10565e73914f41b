import { randomBytes, randomUUID } from 'node:crypto';
import { sha256 } from '../adapters/digests.ts';
import { erasureStore } from '../adapters/erasure/erasure-store.ts';
import { evidenceLogStore } from '../adapters/evidence-log/log-store.ts';
import { auditFrom } from '../adapters/postgres/audit.ts';
import { postgresNotifier } from '../adapters/postgres/live-feed.ts';
import { OwnerUnreachable } from '../adapters/postgres/owner-unreachable.ts';
import { createPool } from '../adapters/postgres/pool.ts';
import { createUnitOfWork } from '../adapters/postgres/unit-of-work.ts';
import { type ErasureReport, type ErasureRequest, erase } from '../application/erasure/erase.ts';
import { type Retirement, retirePlace } from '../application/evidence/retire-place.ts';
import type { Settings } from '../env.ts';

type Addresses = Pick<Settings, 'databaseUrl' | 'ownerDatabaseUrl'>;

/** Erases as the owner of the tables, or by the one role that there is. `origin` stands in the audit. */
export const eraseAsOwner = (
  addresses: Addresses,
  origin: string,
  request: ErasureRequest,
): Promise<ErasureReport> =>
  asOwner(addresses, 'reprise erase', (pool) =>
    erase(
      {
        unitOfWork: createUnitOfWork(pool),
        erasures: erasureStore,
        audit: auditFrom(origin),
        live: postgresNotifier,
        newId: randomUUID,
        newSalt: () => randomBytes(16),
        sha256,
      },
      request,
    ),
  );

/** Retires a place of checkpoints by the same. */
export const retireAsOwner = (
  addresses: Addresses,
  origin: string,
  request: Retirement,
): Promise<readonly string[]> =>
  asOwner(addresses, 'reprise retire', (pool) =>
    retirePlace(
      { unitOfWork: createUnitOfWork(pool), log: evidenceLogStore, audit: auditFrom(origin) },
      request,
    ),
  );

async function asOwner<T>(
  { databaseUrl, ownerDatabaseUrl }: Addresses,
  name: string,
  work: (pool: ReturnType<typeof createPool>) => Promise<T>,
): Promise<T> {
  const pool = createPool(ownerDatabaseUrl ?? databaseUrl, { name, max: 1, report: () => undefined });
  try {
    if (ownerDatabaseUrl !== null)
      await pool.query('SELECT 1').catch((cause: unknown) => {
        throw new OwnerUnreachable('the owner can not connect', { cause });
      });
    return await work(pool);
  } finally {
    await pool.end();
  }
}
