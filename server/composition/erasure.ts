import { randomBytes, randomUUID } from 'node:crypto';
import { sha256 } from '../adapters/digests.ts';
import { erasureStore } from '../adapters/erasure/erasure-store.ts';
import { auditFrom } from '../adapters/postgres/audit.ts';
import { postgresNotifier } from '../adapters/postgres/live-feed.ts';
import { OwnerUnreachable } from '../adapters/postgres/owner-unreachable.ts';
import { createPool } from '../adapters/postgres/pool.ts';
import { createUnitOfWork } from '../adapters/postgres/unit-of-work.ts';
import { type ErasureReport, type ErasureRequest, erase } from '../application/erasure/erase.ts';
import type { Settings } from '../env.ts';

/** Erases as the owner of the tables, or by the one role that there is. `origin` stands in the audit. */
export async function eraseAsOwner(
  { databaseUrl, ownerDatabaseUrl }: Pick<Settings, 'databaseUrl' | 'ownerDatabaseUrl'>,
  origin: string,
  request: ErasureRequest,
): Promise<ErasureReport> {
  const pool = createPool(ownerDatabaseUrl ?? databaseUrl, {
    name: 'reprise erase',
    max: 1,
    report: () => undefined,
  });
  try {
    if (ownerDatabaseUrl !== null)
      await pool.query('SELECT 1').catch((cause: unknown) => {
        throw new OwnerUnreachable('the owner can not connect', { cause });
      });
    return await erase(
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
    );
  } finally {
    await pool.end();
  }
}
