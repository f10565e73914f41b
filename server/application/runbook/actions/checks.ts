import { counted } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { hideWords } from '../../dashboard/masking.ts';
import type { Action } from '../../ports/runbook-actions.ts';
import { checkReadiness } from '../../readiness/check-readiness.ts';
import { runSql } from '../../replay/check-invariants.ts';
import { loadBundle } from '../../replay/open-contract.ts';
import { nothingFrozen } from './nothing-frozen.ts';
import type { OwnActionDeps } from './own-deps.ts';

/** An invariant over a live store. Which keys fail is shown where keys are shown: the attempt keeps their number. */
export function checkInvariantAction(deps: OwnActionDeps): Action<'check-invariant'> {
  return {
    preview: async ({ contract, invariant }) =>
      nothingFrozen(`It reads the live store of ${contract} once, by the query of ${invariant}.`),
    async perform({ contract, invariant }) {
      const stored = await deps.contracts.latest(contract);
      if (stored === null)
        throw new RepriseError('contract-not-found', `No contract "${contract}" is registered.`);
      const file = `${contract} version ${stored.version}`;
      const { invariants } = await loadBundle(deps.loader, {
        digest: stored.digest,
        bytes: stored.bundle,
        file,
      });
      const found = invariants[invariant];
      if (found?.over !== 'sql') {
        const ofSql = Object.entries(invariants).filter(([, each]) => each.over === 'sql');
        throw new RepriseError(
          'input-invalid',
          `${contract} has no SQL invariant ${invariant}; it has ${ofSql.map(([name]) => name).join(', ') || 'none'}.`,
          { where: 'invariant' },
        );
      }
      const { outcome, failing, problem } = await runSql(deps, invariant, found.connection, found.query);
      if (outcome === 'could-not-run')
        throw new RepriseError(
          'runbook-refused',
          `${invariant} could not run: ${problem === null ? 'no reason' : hideWords(problem)}`,
        );
      return {
        sentence:
          outcome === 'passed'
            ? `${invariant} holds.`
            : `${invariant} fails for ${counted(failing, 'row')}: the page of the states shows which.`,
        outputs: { passed: outcome === 'passed', failing },
        shown: [],
        links: [{ title: 'The states', href: `/states/${contract}` }],
      };
    },
  };
}

export function checkReadinessAction(deps: OwnActionDeps): Action<'check-readiness'> {
  return {
    preview: async ({ contract }) => nothingFrozen(`It runs the readiness checks of ${contract}.`),
    async perform({ contract }, _frozen, { personId, changing }) {
      await changing();
      const checks = await checkReadiness(deps, contract, personId);
      const of = (outcome: string) => checks.filter((check) => check.outcome === outcome).length;
      const failed = of('failed') + of('could-not-run');
      return {
        sentence: `${of('passed')} passed, ${of('warning')} with a warning, ${of('failed')} failed, ${of('could-not-run')} could not run.`,
        outputs: { ready: failed === 0, failed, warnings: of('warning') },
        shown: [
          {
            kind: 'table',
            title: 'Readiness',
            columns: ['Check', 'Outcome', 'Found', 'Remedy'],
            rows: checks.map(({ name, outcome, found, remedy }) => [name, outcome, found, remedy ?? '']),
          },
        ],
        links: [{ title: 'The contract', href: `/contracts/${contract}` }],
      };
    },
  };
}
