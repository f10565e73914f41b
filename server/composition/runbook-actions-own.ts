import { setTimeout as sleep } from 'node:timers/promises';
import { promotionStore } from '../adapters/approval/promotion-store.ts';
import { revealStore } from '../adapters/approval/reveal-store.ts';
import { incidentStore } from '../adapters/incidents/incident-store.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { createPageReads } from '../adapters/postgres/pages/index.ts';
import { openSqlInvariants } from '../adapters/sql-invariant/sql-invariant-runner.ts';
import type { AuditDeps } from '../application/evidence/audit-log.ts';
import type { JobSender } from '../application/ports/jobs.ts';
import type { ActionSet } from '../application/ports/runbook-actions.ts';
import { awaitLagAction } from '../application/runbook/actions/await-lag.ts';
import { checkInvariantAction, checkReadinessAction } from '../application/runbook/actions/checks.ts';
import { compareStatesAction } from '../application/runbook/actions/compare-states.ts';
import {
  auditLogAction,
  notifyAction,
  verifyEvidenceAction,
} from '../application/runbook/actions/evidence.ts';
import type { OwnActionDeps } from '../application/runbook/actions/own-deps.ts';
import { promoteAction } from '../application/runbook/actions/promote.ts';
import { replayAction } from '../application/runbook/actions/replay.ts';
import type { Settings } from '../env.ts';
import type { Composed } from './compose.ts';
import { lagQueries } from './lag-pages.ts';
import { readinessDeps } from './readiness.ts';

export type OwnActions = Pick<
  ActionSet,
  | 'replay'
  | 'promote'
  | 'compare-states'
  | 'await-lag'
  | 'check-invariant'
  | 'check-readiness'
  | 'verify-evidence'
  | 'audit-log'
  | 'notify'
>;

/** The actions that use nothing but what Reprise does anyway. */
export function ownActions(
  settings: Settings,
  composed: Composed,
  { jobs, auditing }: { readonly jobs: JobSender; readonly auditing: AuditDeps },
): OwnActions {
  const deps: OwnActionDeps = {
    ...composed.replayDeps,
    ...readinessDeps(composed),
    people: peopleStore,
    jobs,
    promotions: promotionStore,
    reveals: revealStore,
    target: composed.target,
    reads: createPageReads(composed.pool),
    lag: lagQueries(settings, composed),
    sqlInvariants: openSqlInvariants(composed.connect),
    incidents: incidentStore,
    auditing,
    pause: (ms, signal) => sleep(ms, undefined, { signal }),
  };
  return {
    replay: replayAction(deps),
    promote: promoteAction(deps),
    'compare-states': compareStatesAction(deps),
    'await-lag': awaitLagAction(deps),
    'check-invariant': checkInvariantAction(deps),
    'check-readiness': checkReadinessAction(deps),
    'verify-evidence': verifyEvidenceAction(deps),
    'audit-log': auditLogAction(deps),
    notify: notifyAction(deps),
  };
}
