import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from '../../../../prisma/generated/client.ts';
import type { PageReads } from '../../../application/ports/page-reads.ts';
import { auditReads } from './audit.ts';
import { contractReads } from './contracts.ts';
import { discrepancyReads } from './discrepancies.ts';
import { erasureReads } from './erasures.ts';
import { evidenceReads } from './evidence.ts';
import { evidenceHistoryReads } from './evidence-history.ts';
import { findingReads } from './findings.ts';
import { replayReads } from './replays.ts';
import { stateReads } from './states.ts';

/** What pages read. Plain look-ups go through Prisma; keysets over expressions and sums are SQL. */
export function createPageReads(pool: pg.Pool): PageReads {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    ...contractReads(pool, prisma),
    ...replayReads(pool),
    ...findingReads(pool),
    ...stateReads(pool),
    ...erasureReads(pool),
    ...discrepancyReads(pool),
    ...evidenceReads(pool, prisma),
    ...evidenceHistoryReads(pool),
    ...auditReads(pool),
  };
}
