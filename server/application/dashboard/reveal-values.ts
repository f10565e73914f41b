import type { EngineContract } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { ContractStore } from '../ports/contracts.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { RevealStore, Viewer } from '../ports/reveals.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { type Shown, shownByAll } from './masking.ts';

/** A reveal ends by itself. A page that is left open asks again then, and hides what it showed. */
export const REVEALED_MINUTES = 30;

type Deps = { readonly unitOfWork: UnitOfWork; readonly reveals: RevealStore };

/**
 * What to hide from this viewer; null: nothing, because nothing is hidden or they have revealed it. A field is shown
 * only where each version that is asked about shows it: one that was shown by mistake and is hidden by now is hidden
 * in what earlier versions have found too.
 */
export async function hiddenFrom(
  deps: Deps,
  contractId: string,
  versions: readonly Pick<EngineContract, 'derivedStates'>[],
  viewer: Viewer,
): Promise<Shown | null> {
  const shown = shownByAll(versions);
  if (shown.hidden.length === 0) return null;
  return (await revealedUntil(deps, contractId, viewer)) === null ? shown : null;
}

/**
 * Until when this viewer sees all that a contract's events hold; null: it is hidden. What a consumer or a schema says of
 * a dead letter in its own words is hidden by this alone, whatever derived states show.
 */
export async function revealedUntil(
  { unitOfWork, reveals }: Deps,
  contractId: string,
  viewer: Viewer,
): Promise<string | null> {
  if (!viewer.rights.includes('values')) return null;
  return unitOfWork.run((tx) => reveals.until(tx, viewer.id, contractId));
}

/** Shows somebody the hidden values of a contract for a while, and puts on record that they wanted to see them, and why. */
export function revealValues(
  deps: Deps & {
    readonly contracts: ContractStore;
    readonly audit: AuditLog;
    readonly live: LiveNotifier;
    readonly people: PeopleStore;
  },
  request: { readonly contractId: string; readonly reason: string; readonly actor: string },
): Promise<{ readonly until: string }> {
  return deps.unitOfWork.run(async (tx) => {
    await refuseLost(deps, tx, request.actor, 'values');
    if ((await deps.contracts.within(tx).latest(request.contractId)) === null)
      throw new RepriseError('contract-not-found', `There is no contract ${request.contractId}.`);
    if (request.reason.trim() === '')
      throw new RepriseError('input-invalid', 'Revealing values has a reason.', { where: 'reason' });
    const until = await deps.reveals.reveal(tx, request.actor, request.contractId, REVEALED_MINUTES);
    await deps.audit.append(tx, {
      actor: request.actor,
      action: 'values.revealed',
      subject: `contract:${request.contractId}`,
      outcome: 'done',
      detail: { reason: request.reason.trim(), until },
    });
    await deps.live.notify(tx, `states:${request.contractId}`);
    return { until };
  });
}
