import type { EvidenceRecord, PrismaClient } from '../../../../prisma/generated/client.ts';
import type { EvidenceDetail, EvidenceSummary, PageReads } from '../../../application/ports/page-reads.ts';
import { remarksName } from '../../../domain/evidence/index.ts';
import { decodeCursor, timeAndId, toPage } from '../../../domain/shared/cursors.ts';

type Reads = Pick<PageReads, 'evidence' | 'evidenceRecord' | 'evidenceAttachment' | 'evidenceFacets'>;

export function evidenceReads(prisma: PrismaClient): Reads {
  return {
    async evidence(filter, { cursor, limit }) {
      const after = cursor === undefined ? null : decodeCursor(cursor, timeAndId);
      const rows = await prisma.evidenceRecord.findMany({
        where: {
          contractId: filter.contractId,
          confidence: filter.confidence,
          agreement: filter.agreement,
          status: filter.status,
          requestedBy: filter.requestedBy,
          recordedAt: { gte: filter.since, lt: filter.until, lte: filter.asOf },
          ...(after === null
            ? {}
            : {
                AND: {
                  recordedAt: { lte: after[0] },
                  NOT: { recordedAt: after[0], id: { gte: after[1] } },
                },
              }),
        },
        omit: { statement: true },
        orderBy: [{ recordedAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
      });
      return toPage(rows.map(toSummary), limit, (row) => [row.recordedAt, row.id]);
    },

    async evidenceRecord(id): Promise<EvidenceDetail | null> {
      const row = await prisma.evidenceRecord.findUnique({
        where: { id },
        include: { attachments: { where: { name: remarksName } } },
      });
      if (row === null) return null;
      const statementText = new TextDecoder().decode(row.statement);
      const [remarks] = row.attachments;
      return {
        ...toSummary(row),
        statementText,
        statement: JSON.parse(statementText),
        remarks: remarks === undefined ? null : JSON.parse(new TextDecoder().decode(remarks.content)),
      };
    },

    async evidenceAttachment(evidenceId, name) {
      const row = await prisma.evidenceAttachment.findUnique({
        where: { evidenceId_name: { evidenceId, name } },
      });
      return row === null ? null : new TextDecoder().decode(row.content);
    },

    async evidenceFacets() {
      const [contracts, requesters] = await Promise.all([
        prisma.evidenceRecord.groupBy({ by: 'contractId', orderBy: { contractId: 'asc' } }),
        prisma.evidenceRecord.groupBy({ by: 'requestedBy', orderBy: { requestedBy: 'asc' } }),
      ]);
      return {
        contracts: contracts.map((row) => row.contractId),
        requesters: requesters.map((row) => row.requestedBy),
      };
    },
  };
}

function toSummary(row: Omit<EvidenceRecord, 'statement'>): EvidenceSummary {
  const count = (value: bigint | number | null) => (value === null ? null : Number(value));
  return {
    id: row.id,
    kind: row.kind,
    contractId: row.contractId,
    replayId: row.replayId,
    digest: row.digest,
    // The database lets only members of these unions in.
    status: row.status as EvidenceSummary['status'],
    confidence: row.confidence as EvidenceSummary['confidence'],
    agreement: row.agreement as EvidenceSummary['agreement'],
    coverageKind: row.coverageKind as EvidenceSummary['coverageKind'],
    eventsProcessed: count(row.eventsProcessed),
    duplicatesSkipped: count(row.duplicatesSkipped),
    projectionsChanged: count(row.projectionsChanged),
    reconciliationFailures: count(row.reconciliationFailures),
    requestedBy: row.requestedBy,
    recordedAt: row.recordedAt.toISOString(),
  };
}
