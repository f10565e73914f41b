import { escalationOrder } from '../../../domain/incident/index.ts';
import { counted } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { type Report, verifyBundle } from '../../../domain/verification/index.ts';
import { auditLog } from '../../evidence/audit-log.ts';
import { exportBundle, namesBeside } from '../../evidence/export-bundle.ts';
import type { Action, ActionResult } from '../../ports/runbook-actions.ts';
import { own } from './effect.ts';
import { nothingFrozen } from './nothing-frozen.ts';
import type { OwnActionDeps } from './own-deps.ts';

/** Verifies what a stranger would be given, by this log's own keys: that somebody else should do it, is said. */
export function verifyEvidenceAction(deps: OwnActionDeps): Action<'verify-evidence'> {
  return {
    preview: async ({ evidenceId }) => nothingFrozen(`It verifies record ${evidenceId}, check by check.`),
    async perform({ evidenceId }, _frozen, { signal }) {
      const { log, sha256, verifyEd25519 } = deps.sealing;
      const attachments = await Promise.all(
        (await namesBeside(deps, evidenceId)).map(async (name) => {
          const text = await deps.reads.evidenceAttachment(evidenceId, name);
          return text === null ? [] : [{ name, text }];
        }),
      );
      const request = { evidenceId, fromSizes: [], attachments: attachments.flat() };
      const pause = (ms: number) => deps.pause(ms, signal);
      const bytes = await exportBundle({ ...deps, witnesses: [], pause }, request);
      const { keys, origin } = await deps.unitOfWork.run(async (tx) => ({
        keys: (await log.keys(tx)).map(({ publicKey }) => publicKey),
        origin: (await log.head(tx))?.origin ?? null,
      }));
      const report = await verifyBundle({
        bytes,
        recordKeys: keys,
        checkpointKeys: keys,
        origin,
        witnesses: [],
        sha256,
        verifyEd25519,
      });
      return {
        ...cameTo(report),
        shown: [
          {
            kind: 'table',
            title: 'Checks',
            columns: ['Check', 'Outcome', 'Found'],
            rows: report.checks.map(({ name, outcome, sentence }) => [name, outcome, sentence]),
          },
        ],
        links: [{ title: 'The record', href: `/evidence/${evidenceId}` }],
      };
    },
  };
}

/** What could not be checked is not verified, also where nothing has failed: a part may be absent that its meaning follows from. */
export function cameTo({ checks, integrity, holds }: Report): Pick<ActionResult, 'sentence' | 'outputs'> {
  const failed = checks.filter(({ outcome }) => outcome === 'fail').length;
  const outputs = { verified: holds, failed };
  if (failed > 0)
    return { sentence: `${counted(failed, 'check')} failed: ${whatFailed(integrity)}.`, outputs };
  const unmade = checks.flatMap((check) =>
    check.outcome === 'not-run' && check.code !== 'not-asked' ? [check.name] : [],
  );
  const passed = holds
    ? 'Every check that was asked for passed'
    : `Not verified: ${unmade.join(', ')} could not be checked. All other checks passed`;
  return {
    sentence: `${passed}; integrity is ${integrity.outcome}. By the keys that this database names: a stranger takes them from elsewhere.`,
    outputs,
  };
}

/** A record can be the very one, and conclude what does not follow: `meaning` is no part of integrity. */
const whatFailed = ({ outcome }: Report['integrity']): string =>
  outcome === 'failed'
    ? 'it is not the record that was signed and logged'
    : 'what the record concludes does not follow from what it lists';

export function auditLogAction(deps: OwnActionDeps): Action<'audit-log'> {
  return {
    preview: async () =>
      nothingFrozen(
        'It recomputes the whole evidence log and holds it against every checkpoint that was kept.',
      ),
    async perform(_params, _frozen, { changing, signal }) {
      await changing();
      const { findings, size, compared } = await auditLog({ ...deps.auditing, signal });
      return {
        sentence: `${size} entries recomputed, ${compared} checkpoints compared: ${findings.length === 0 ? 'nothing found' : `${findings.length} findings`}.`,
        outputs: { findings: findings.length, entries: String(size), compared },
        shown: findings.map((text) => ({ kind: 'text' as const, text })),
        links: [{ title: 'The evidence log', href: '/evidence' }],
      };
    },
  };
}

function toldOf(told: number): string {
  if (told === 0) return 'Nobody else who may respond can be reached, by e-mail or by webhook.';
  return told === 1
    ? '1 person who may respond is told, by the channels that they have.'
    : `${told} people who may respond are told, by the channels that they have.`;
}

/** Tells everybody who responds of the incident that the run belongs to. */
export function notifyAction(deps: OwnActionDeps): Action<'notify'> {
  const incidentOf = (incidentId: string | null) => {
    if (incidentId !== null) return incidentId;
    throw new RepriseError(
      'runbook-refused',
      'This run belongs to no incident, so there is nothing to tell of.',
    );
  };
  return {
    async preview({ text }, { incidentId }) {
      incidentOf(incidentId);
      return nothingFrozen(`It tells everybody who responds to incidents: “${text}”`);
    },
    async perform({ text }, _frozen, { incidentId, personId, ...context }) {
      const id = incidentOf(incidentId);
      const told = await own(context, () =>
        deps.unitOfWork.run(async (tx) => {
          const incident = await deps.incidents.lock(tx, id);
          if (incident === null) throw new RepriseError('incident-not-found', `There is no incident ${id}.`);
          await deps.notices.tell(tx, {
            kind: 'incident-told',
            subject: { kind: 'incident', id },
            contractId: incident.contractId ?? '',
            contractVersion: 0,
            requestedBy: '',
            audience: ['responders'],
            except: [personId],
            why: text,
          });
          const people = await deps.incidents.responders(tx);
          const reached = new Set(people.filter(({ ways }) => ways.length > 0).map(({ id: who }) => who));
          return escalationOrder(people, null).filter((who) => who !== personId && reached.has(who)).length;
        }),
      );
      return {
        sentence: toldOf(told),
        outputs: { told },
        shown: [],
        links: [{ title: 'The incident', href: `/incidents/${id}` }],
      };
    },
  };
}
