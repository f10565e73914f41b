import type { AuditDeps } from '../../evidence/audit-log.ts';
import type { LagQueries } from '../../lag/read-lag.ts';
import type { SqlInvariantRunner } from '../../ports/derived-state.ts';
import type { IncidentStore } from '../../ports/incidents.ts';
import type { PageReads } from '../../ports/page-reads.ts';
import type { PromotionCommandDeps } from '../../promotion/deps.ts';
import type { ReadinessDeps } from '../../readiness/check-readiness.ts';

/** What actions need that use nothing but what Reprise does anyway. */
export type OwnActionDeps = PromotionCommandDeps &
  ReadinessDeps & {
    readonly reads: Pick<PageReads, 'replay' | 'standing' | 'evidenceRecord' | 'evidenceAttachment'>;
    readonly lag: Pick<LagQueries, 'list'>;
    readonly sqlInvariants: SqlInvariantRunner;
    readonly auditing: AuditDeps;
    readonly incidents: IncidentStore;
    /** Resolves after so many milliseconds; rejects with the signal's reason where that aborts first. */
    readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  };
