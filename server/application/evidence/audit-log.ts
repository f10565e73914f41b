import type { LogAudit } from '../ports/evidence-log.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AuditDeps } from './audit-deps.ts';
import { readKept } from './audit-kept.ts';
import { auditRows } from './audit-rows.ts';

export type { AuditDeps } from './audit-deps.ts';

/** There is one log, and so one incident of it. */
const EVIDENCE_LOG = 'evidence-log';

/**
 * Recomputes the whole log from its entries and holds it against its own hashes, its records as they are shown and
 * listed, the keys that have signed it, and every checkpoint that was signed or kept elsewhere. What does not fit is
 * kept as what was found of the log or of that place, until an audit of the same finds that it fits.
 */
export async function auditLog(deps: AuditDeps): Promise<Omit<LogAudit, 'ranAt'>> {
  const { log } = deps.sealing;
  // Before the places are read, which takes its time: what they take meanwhile they have as well.
  const states = await deps.unitOfWork.run((tx) => deps.sinks.statesEver(tx));
  const kept = await readKept(deps);
  const found = await deps.unitOfWork.run((tx) => auditRows(deps, tx, kept, states));
  const { size, compared, ofLog, ofPlaces } = found;
  const audit = { size, compared, findings: [...ofLog, ...[...ofPlaces.values()].flat()] };
  await deps.unitOfWork.run(async (tx) => {
    deps.signal?.throwIfAborted();
    await log.noteAudit(tx, found);
    await tellAudit(deps, tx, audit);
  });
  return audit;
}

/**
 * What this audit found is an incident, until no place's newest audit finds anything. One that a place found which is
 * audited no more stands on the overview, and opens no incident anew each hour.
 */
async function tellAudit(
  { sealing, signals }: AuditDeps,
  tx: Transaction,
  own: Omit<LogAudit, 'ranAt'>,
): Promise<void> {
  const standing = await sealing.log.latestAudit(tx);
  if (standing === null) return;
  const { ranAt, size } = standing;
  const [first] = own.findings;
  const facts = { entries: String(size), findings: String(own.findings.length) };
  if (first === undefined && standing.findings.length > 0) return;
  if (first === undefined)
    await signals.clear(tx, {
      cause: EVIDENCE_LOG,
      at: ranAt,
      sentence:
        'The audit of the evidence log finds nothing any more, at every place that it holds it against.',
      facts,
    });
  else
    await signals.raise(tx, {
      kind: 'evidence-log',
      contractId: null,
      cause: EVIDENCE_LOG,
      suggestedClass: 'P1',
      title: `The audit of the evidence log found: ${first}`,
      since: ranAt,
      facts,
      href: '/evidence',
      runbook: null,
      scope: null,
    });
}
