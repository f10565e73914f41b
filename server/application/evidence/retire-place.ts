import { RepriseError } from '../../domain/shared/errors.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { EvidenceLogStore } from '../ports/evidence-log.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

type Deps = {
  readonly unitOfWork: UnitOfWork;
  readonly log: Pick<EvidenceLogStore, 'foundOfPlace'>;
  readonly audit: AuditLog;
};

export type Retirement = {
  readonly place: string;
  readonly reason: string;
  /** A user of the machine. */
  readonly user: string;
};

/**
 * Ends what was found of a place that keeps no checkpoints any more: no audit can find that it fits. One that audits
 * are held against is not dismissed, and where it comes back what is still so is found again. Answers what was found.
 */
export function retirePlace(
  { unitOfWork, log, audit }: Deps,
  { place, reason, user }: Retirement,
): Promise<readonly string[]> {
  const said = reason.trim();
  if (said === '')
    throw new RepriseError('input-invalid', 'A retirement has a reason: it stands in the audit.', {
      where: '--reason',
    });
  return unitOfWork.run(async (tx) => {
    const found = await log.foundOfPlace(tx, place);
    if (found === null)
      throw new RepriseError('input-invalid', `Nothing that an audit found of “${place}” stands.`, {
        where: 'place',
      });
    if (found.isAudited)
      throw new RepriseError(
        'input-invalid',
        `An audit has held the log against ${place} within the last three hours: what it found ends when one finds nothing, and not by hand. Give checkpoints another place first, and try again three hours later.`,
        { where: 'place' },
      );
    await audit.append(tx, {
      actor: `owner:${user}`,
      action: 'checkpoints.retired',
      subject: `checkpoints:${place}`,
      outcome: 'done',
      detail: { reason: said, findings: found.findings },
    });
    return found.findings;
  });
}
