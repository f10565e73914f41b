import type { IncidentClass } from '../../domain/contract/index.ts';
import { isWritten, respondBy } from '../../domain/incident/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { NewEntry } from '../ports/incidents.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { toAttached } from './attached-file.ts';
import { type RespondDeps, tellPages, tellPeople } from './deps.ts';
import { hold, note, type Request } from './respond.ts';
import { relate } from './signals.ts';

type About = Omit<Request, 'version'>;
/** The line that was added. */
type Added = { readonly entryId: string };

/** What people add to a timeline. None of it depends on what others do meanwhile: lines are added, and none is changed. */
export function createRecording(deps: RespondDeps) {
  async function add(
    about: About,
    lineOf: (tx: Transaction, now: Date) => Promise<Omit<NewEntry, 'incidentId' | 'occurredAt' | 'actor'>>,
    occurredAt?: Date | null,
  ): Promise<Added> {
    return deps.unitOfWork.run(async (tx) => {
      const row = await hold(deps, tx, about);
      const now = await deps.incidents.now(tx);
      const at = occurredAt ?? now;
      if (at.getTime() > now.getTime())
        throw new RepriseError('input-invalid', 'What is noted has happened: give a time that is past.', {
          where: 'occurredAt',
        });
      const line = await lineOf(tx, now);
      const entryId = await deps.incidents.note(tx, {
        ...line,
        incidentId: row.id,
        occurredAt: at,
        actor: about.personId,
      });
      // The words themselves stand in the timeline alone.
      await note(deps, tx, about, `incident.${line.kind}-added`, {
        entry: entryId,
        ...(line.corrects === undefined ? {} : { corrects: line.corrects }),
        ...(line.evidenceId === undefined ? {} : { evidenceId: line.evidenceId }),
        ...(line.fileId === undefined ? {} : { file: line.fileId }),
      });
      await tellPages(deps, tx, row.id);
      return { entryId };
    });
  }

  return {
    addNote: ({
      text,
      occurredAt,
      ...about
    }: About & { readonly text: string; readonly occurredAt: Date | null }) =>
      add(about, async () => ({ kind: 'note', text }), occurredAt),

    attachLink: ({ link, text, ...about }: About & { readonly link: string; readonly text: string }) =>
      add(about, async () => ({ kind: 'link', link, text })),

    attachEvidence: ({
      evidenceId,
      text,
      ...about
    }: About & { readonly evidenceId: string; readonly text: string }) =>
      add(about, async (tx) => {
        const record = await deps.incidents.record(tx, evidenceId);
        if (record === null)
          throw new RepriseError('evidence-not-found', `There is no evidence record ${evidenceId}.`);
        if (!(await deps.incidents.linkEvidence(tx, about.incidentId, evidenceId, about.personId)))
          throw new RepriseError('incident-conflict', 'This record belongs to the incident already.');
        const { kind, status, confidence, agreement } = record;
        return { kind: 'evidence', evidenceId, text, detail: { kind, status, confidence, agreement } };
      }),

    attachFile: ({
      name,
      content,
      text,
      ...about
    }: About & { readonly name: string; readonly content: Uint8Array; readonly text: string }) =>
      add(about, async (tx) => {
        const before = await deps.incidents.fileBytes(tx, about.incidentId);
        const file = toAttached({ name, content }, deps.sha256, { before, of: 'an incident' });
        const id = deps.newId();
        await deps.incidents.insertFile(tx, {
          ...file,
          id,
          incidentId: about.incidentId,
          addedBy: about.personId,
        });
        const { content: _, ...said } = file;
        return { kind: 'file', fileId: id, text, detail: { ...said, bytes: content.byteLength } };
      }),

    /** Says anew what a line that a person wrote says: both stay. */
    correct: ({ entryId, text, ...about }: About & { readonly entryId: string; readonly text: string }) =>
      add(about, async (tx) => {
        const entry = await deps.incidents.entry(tx, about.incidentId, entryId);
        if (entry === null) throw noEntry(entryId);
        if (!isWritten(entry.kind))
          throw new RepriseError(
            'incident-conflict',
            'Reprise recorded this line by itself, so it is not corrected: add a note instead.',
          );
        return { kind: 'correction', text, corrects: entryId };
      }),

    star: ({ entryId, starred, ...about }: About & { readonly entryId: string; readonly starred: boolean }) =>
      deps.unitOfWork.run(async (tx) => {
        const row = await hold(deps, tx, about);
        if ((await deps.incidents.entry(tx, row.id, entryId)) === null) throw noEntry(entryId);
        await deps.incidents.star(tx, entryId, starred, about.personId);
        await note(deps, tx, about, 'incident.starred', { entry: entryId, starred });
        await tellPages(deps, tx, row.id);
      }),

    open: (request: {
      readonly personId: string;
      readonly title: string;
      readonly class: IncidentClass;
      readonly contractId: string | null;
      readonly beganAt: Date | null;
    }) =>
      deps.unitOfWork.run(async (tx) => {
        const { personId, contractId } = request;
        await refuseLost(deps, tx, personId, 'respond');
        if (contractId !== null && !(await deps.incidents.contractExists(tx, contractId)))
          throw new RepriseError('contract-not-found', `No contract "${contractId}" is registered.`);
        const now = await deps.incidents.now(tx);
        const beganAt = request.beganAt ?? now;
        if (beganAt.getTime() > now.getTime())
          throw new RepriseError(
            'input-invalid',
            'What is wrong has begun: give a time that is past, or none.',
            { where: 'beganAt' },
          );
        const id = deps.newId();
        const incident = {
          id,
          cause: `by-hand:${id}`,
          kind: 'by-hand',
          contractId,
          class: request.class,
          classSaidBy: personId,
          title: request.title.trim(),
          facts: {},
          href: null,
          runbook: null,
          scope: null,
          beganAt,
          openedAt: now,
          openedBy: personId,
          respondBy: respondBy(request.class, now, deps.calendar),
          measuredAt: null,
        } as const;
        await deps.incidents.insert(tx, incident);
        await deps.incidents.note(tx, {
          incidentId: id,
          kind: 'raised',
          occurredAt: incident.beganAt,
          actor: personId,
          text: incident.title,
          detail: { class: request.class },
        });
        await relate(deps, tx, incident);
        await note(deps, tx, { incidentId: id, personId }, 'incident.opened', {
          class: request.class,
          contractId,
        });
        await tellPeople(deps, tx, incident, { kind: 'incident-opened', except: personId });
        await tellPages(deps, tx, id);
        return { incidentId: id };
      }),
  };
}

export type Recording = ReturnType<typeof createRecording>;

function noEntry(entryId: string): RepriseError {
  return new RepriseError('input-invalid', `This incident has no line ${entryId}.`, { where: 'entryId' });
}
