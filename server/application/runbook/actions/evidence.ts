import { attachmentsNamedIn, parseStatement } from '../../../domain/evidence/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { verifyBundle } from '../../../domain/verification/index.ts';
import { auditLog } from '../../evidence/audit-log.ts';
import { exportBundle } from '../../evidence/export-bundle.ts';
import type { Action } from '../../ports/runbook-actions.ts';
import { own } from './effect.ts';
import { nothingFrozen } from './nothing-frozen.ts';
import type { OwnActionDeps } from './own-deps.ts';

/** Verifies what a stranger would be given, by this log's own keys: that somebody else should do it, is said. */
export function verifyEvidenceAction(deps: OwnActionDeps): Action<'verify-evidence'> {
  return {
    preview: async ({ evidenceId }) => nothingFrozen(`It verifies record ${evidenceId}, check by check.`),
    async perform({ evidenceId }, _frozen, { signal }) {
      const { log, sha256, verifyEd25519 } = deps.sealing;
      const statement = parseStatement((await deps.reads.evidenceRecord(evidenceId))?.statement);
      const named = statement.ok ? attachmentsNamedIn(statement.value) : [];
      const attachments = await Promise.all(
        named.map(async ({ name }) => {
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
      const { checks, integrity } = await verifyBundle({
        bytes,
        recordKeys: keys,
        checkpointKeys: keys,
        origin,
        witnesses: [],
        sha256,
        verifyEd25519,
      });
      const failed = checks.filter(({ outcome }) => outcome === 'fail').length;
      return {
        sentence:
          failed === 0
            ? `Every check that could be made passed; integrity is ${integrity.outcome}. By the keys that this database names: a stranger takes them from elsewhere.`
            : `${failed} checks failed: it is not the record that was signed and logged.`,
        outputs: { verified: failed === 0 && integrity.outcome === 'verified', failed },
        shown: [
          {
            kind: 'table',
            title: 'Checks',
            columns: ['Check', 'Outcome', 'Found'],
            rows: checks.map(({ name, outcome, sentence }) => [name, outcome, sentence]),
          },
        ],
        links: [{ title: 'The record', href: `/evidence/${evidenceId}` }],
      };
    },
  };
}

export function auditLogAction(deps: OwnActionDeps): Action<'audit-log'> {
  return {
    preview: async () =>
      nothingFrozen(
        'It recomputes the whole evidence log and holds it against every checkpoint that was kept.',
      ),
    async perform(_params, _frozen, { changing }) {
      await changing();
      const { findings, size, compared } = await auditLog(deps.auditing);
      return {
        sentence: `${size} entries recomputed, ${compared} checkpoints compared: ${findings.length === 0 ? 'nothing found' : `${findings.length} findings`}.`,
        outputs: { findings: findings.length, entries: String(size), compared },
        shown: findings.map((text) => ({ kind: 'text' as const, text })),
        links: [{ title: 'The evidence log', href: '/evidence' }],
      };
    },
  };
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
          return (await deps.incidents.responders(tx)).filter((each) => each.id !== personId).length;
        }),
      );
      return {
        sentence: `${told} people who may respond are told, by the channels that they have.`,
        outputs: { told },
        shown: [],
        links: [{ title: 'The incident', href: `/incidents/${id}` }],
      };
    },
  };
}
