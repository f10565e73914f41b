import { assessAge } from '../../domain/evidence/index.ts';
import type { EvidenceHistory, PageReads } from '../ports/page-reads.ts';

/** How many months a contract's page looks back, the running one among them. */
export const HISTORY_MONTHS = 18;

/** What was recorded of a contract over the last months, and how much of the allowed age is used. */
export async function readEvidenceHistory(
  reads: Pick<PageReads, 'evidenceAges' | 'evidenceOverTime'>,
  contractId: string,
  now: Date,
): Promise<EvidenceHistory | null> {
  const [age] = await reads.evidenceAges(contractId);
  if (age === undefined) return null;
  const since = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - (HISTORY_MONTHS - 1), 1));
  const { maxAgeHours, latestTrusted } = age;
  const found = await reads.evidenceOverTime(contractId, { since, until: now, maxAgeHours });
  return {
    ...age,
    ...found,
    asOf: now.toISOString(),
    budget: assessAge({ maxAgeHours, latestTrustedAt: latestTrusted?.recordedAt ?? null }, now),
  };
}
