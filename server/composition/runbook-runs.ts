import { incidentReads } from '../adapters/incidents/incident-reads.ts';
import { incidentStore } from '../adapters/incidents/incident-store.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { attemptStore } from '../adapters/runbook-runs/attempt-store.ts';
import { runReads } from '../adapters/runbook-runs/run-reads.ts';
import { runStore } from '../adapters/runbook-runs/run-store.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { JobSender } from '../application/ports/jobs.ts';
import type { ActionSet } from '../application/ports/runbook-actions.ts';
import type { RunbookStore } from '../application/ports/runbooks.ts';
import { newestContract } from '../application/runbook/actions/deps.ts';
import type { AttemptDeps, EndDeps, Groups } from '../application/runbook-runs/deps.ts';
import { createRunDesk, type RunDesk } from '../application/runbook-runs/desk.ts';
import { reapAttempts } from '../application/runbook-runs/reap-attempts.ts';
import { runAttempt } from '../application/runbook-runs/run-attempt.ts';
import type { Composed } from './compose.ts';

type Has = Pick<Composed, 'replayDeps' | 'log'>;

const endDeps = ({ replayDeps }: Has): EndDeps => ({
  ...replayDeps,
  runs: runStore,
  attempts: attemptStore,
  incidents: incidentStore,
  people: peopleStore,
});

/** A contract that can't be loaded is told of where it is used; a run can begin without it. */
const groupsOf =
  ({ replayDeps, log }: Has) =>
  async (contractId: string): Promise<Groups> => {
    try {
      const { derivedStates } = await newestContract(replayDeps, contractId);
      return new Map(
        Object.entries(derivedStates).flatMap(([state, { consumerGroup }]) =>
          consumerGroup === null ? [] : [[state, consumerGroup] as const],
        ),
      );
    } catch (error) {
      log.warn(
        { error, contractId },
        'the contract of an incident could not be read: its groups are not proposed',
      );
      return new Map();
    }
  };

/** What people do in runs. */
export function runDesk(
  composed: Has,
  audit: AuditLog,
  jobs: JobSender,
  {
    actions,
    runbooks,
  }: {
    readonly actions: ActionSet;
    readonly runbooks: Pick<RunbookStore, 'current' | 'get'>;
  },
): RunDesk {
  return createRunDesk({
    ...endDeps(composed),
    ...{ audit, jobs, actions, runbooks, incidentReads, runReads, groupsOf: groupsOf(composed) },
  });
}

/** What a worker does of runs: `run` an attempt that is queued, and `reap` what nobody attends to. */
export function attemptWork(composed: Has, actions: ActionSet) {
  const deps = (jobs: JobSender): AttemptDeps => ({
    ...endDeps(composed),
    ...{ jobs, actions, log: composed.log },
  });
  return {
    run: (attemptId: string, owner: string, jobs: JobSender, shutdown: AbortSignal) =>
      runAttempt(deps(jobs), attemptId, owner, shutdown),
    reap: (jobs: JobSender) => reapAttempts(deps(jobs)),
  };
}
