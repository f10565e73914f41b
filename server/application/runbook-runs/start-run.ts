import {
  asType,
  type Parameter,
  proposeParameters,
  proposeRunbooks,
  type Runbook,
} from '../../domain/runbook/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { IncidentRow } from '../ports/incidents.ts';
import type { CurrentRunbook } from '../ports/runbooks.ts';
import type { GivenParameter } from '../ports/runs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { conflict, type Groups, noteInIncident, type RunDeps, tellRun } from './deps.ts';

/** A parameter as a form shows it. `from`: where its value is proposed from; null: nothing is proposed. */
export type ProposedParameter = Pick<Parameter, 'name' | 'type' | 'title' | 'required'> & {
  readonly value: string | number | null;
  readonly from: string | null;
};

export type ProposedRun = {
  readonly runbookId: string;
  readonly title: string;
  /** Why it is proposed; null: somebody chose it. */
  readonly why: string | null;
  readonly digest: string;
  readonly lastRehearsed: string | null;
  readonly parameters: readonly ProposedParameter[];
};

type Topics = ReadonlyMap<string, string | null>;

function proposed(
  { runbook, runbookId, digest }: CurrentRunbook,
  incident: IncidentRow | null,
  { topics, groups }: { readonly topics: Topics; readonly groups: Groups },
  why: string | null,
): ProposedRun {
  const from = {
    incident,
    topicOf: (contractId: string) => topics.get(contractId) ?? null,
    groupOf: (state: string) => groups.get(state) ?? null,
  };
  const values = proposeParameters(runbook, from);
  return {
    runbookId,
    digest,
    title: runbook.title,
    why,
    lastRehearsed: runbook.lastRehearsed,
    parameters: runbook.parameters.map((parameter) => {
      const { name, type, title, required } = parameter;
      const value = Object.hasOwn(values, name) ? (values[name] ?? null) : null;
      return { name, type, title, required, value, from: value === null ? null : originOf(parameter, value) };
    }),
  };
}

const originOf = ({ from, default: usual }: Parameter, value: string | number): string =>
  from === null || value === usual ? 'default' : from;

/** The runbooks that may help with an incident, the likeliest first, or the one that is asked for. */
export async function proposeRuns(
  deps: RunDeps,
  request: { readonly incidentId: string | null; readonly runbookId: string | null },
): Promise<readonly ProposedRun[]> {
  const groups = await groupsAt(deps, request.incidentId);
  return deps.unitOfWork.run(async (tx) => {
    const known = { topics: await deps.runs.topics(tx), groups };
    const incident = await incidentOf(deps, tx, request.incidentId);
    if (request.runbookId !== null) {
      const found = await currentRunbook(deps, tx, request.runbookId);
      return [proposed(found, incident, known, null)];
    }
    if (incident === null) return [];
    const current = (await deps.runbooks.current(tx)).filter(({ goneAt }) => goneAt === null);
    const byId = new Map(current.map((each) => [each.runbookId, each]));
    return proposeRunbooks(
      incident,
      current.map(({ runbook }) => runbook),
    ).flatMap(({ id, reason }) => {
      const found = byId.get(id);
      return found === undefined ? [] : [proposed(found, incident, known, reason)];
    });
  });
}

async function incidentOf(deps: RunDeps, tx: Transaction, id: string | null): Promise<IncidentRow | null> {
  if (id === null) return null;
  const incident = await deps.incidentReads.row(tx, id);
  if (incident === null) throw new RepriseError('incident-not-found', `There is no incident ${id}.`);
  return incident;
}

/** Read where the cause of an incident names a state, and outside any transaction: a contract takes a while to load. */
async function groupsAt(deps: RunDeps, incidentId: string | null): Promise<Groups> {
  if (incidentId === null) return new Map();
  const incident = await deps.unitOfWork.run((tx) => deps.incidentReads.row(tx, incidentId));
  const contractId = incident?.contractId ?? null;
  if (contractId === null || incident?.cause.split(':').includes('state') !== true) return new Map();
  return deps.groupsOf(contractId);
}

async function currentRunbook(deps: RunDeps, tx: Transaction, id: string): Promise<CurrentRunbook> {
  const found = await deps.runbooks.get(tx, id);
  if (found === null) throw new RepriseError('runbook-not-found', `There is no runbook ${id}.`);
  if (found.goneAt !== null)
    throw conflict(`The file of the runbook ${id} is gone, so that no new run of it is started.`);
  return found;
}

export type StartRequest = {
  readonly personId: string;
  readonly runbookId: string;
  /** Of the file that they had before them. */
  readonly digest: string;
  readonly incidentId: string | null;
  readonly parameters: Readonly<Record<string, string>>;
};

/** Begins a run of the version that was looked at, with values that were proposed or changed. */
export async function startRun(deps: RunDeps, request: StartRequest): Promise<{ readonly runId: string }> {
  const groups = await groupsAt(deps, request.incidentId);
  return deps.unitOfWork.run(async (tx) => {
    const topics = await deps.runs.topics(tx);
    await refuseLost(deps, tx, request.personId, 'respond');
    const incident = await incidentOf(deps, tx, request.incidentId);
    const found = await currentRunbook(deps, tx, request.runbookId);
    if (found.digest !== request.digest)
      throw new RepriseError(
        'runbook-overtaken',
        'The runbook’s file has changed since you looked: read it as it is now, then begin.',
      );
    const offered = proposed(found, incident, { topics, groups }, null).parameters;
    const parameters = givenParameters(found.runbook, offered, request.parameters);
    const contract = found.runbook.parameters.find(({ type }) => type === 'contract')?.name;
    const contractId =
      parameters.find(({ name }) => name === contract)?.value ?? incident?.contractId ?? null;
    const row = {
      id: deps.newId(),
      runbookId: found.runbookId,
      digest: found.digest,
      title: found.runbook.title,
      runbook: found.runbook,
      parameters,
      incidentId: request.incidentId,
      contractId: contractId === null ? null : String(contractId),
      startedBy: request.personId,
    };
    await deps.runs.insert(tx, row);
    await deps.audit.append(tx, {
      actor: request.personId,
      action: 'run.started',
      subject: `run:${row.id}`,
      outcome: 'done',
      detail: {
        runbook: row.runbookId,
        digest: row.digest,
        ...(row.incidentId === null ? {} : { incident: row.incidentId }),
      },
    });
    await noteInIncident(deps, tx, row, { actor: request.personId, did: 'started', text: row.title });
    await tellRun(deps, tx, row);
    return { runId: row.id };
  });
}

/** What was given, by type, with where each came from: as it was proposed, or as a person says. */
function givenParameters(
  { parameters }: Pick<Runbook, 'parameters'>,
  offered: readonly Pick<ProposedParameter, 'name' | 'value' | 'from'>[],
  given: Readonly<Record<string, string>>,
): readonly GivenParameter[] {
  const unknown = Object.keys(given).find((name) => parameters.every((each) => each.name !== name));
  const invalid = (name: string, sentence: string) =>
    new RepriseError('input-invalid', sentence, { where: `parameters.${name}` });
  if (unknown !== undefined) throw invalid(unknown, `The runbook has no parameter ${unknown}.`);
  return parameters.flatMap(({ name, title, type, required }) => {
    const text = Object.hasOwn(given, name) ? (given[name] ?? '') : '';
    if (text.trim() === '') {
      if (required) throw invalid(name, `“${title}” is needed.`);
      return [];
    }
    const value = asType(type, text);
    if (value === null)
      throw invalid(name, `“${title}” is a whole number, and ${JSON.stringify(text)} is none.`);
    const offer = offered.find((each) => each.name === name);
    const isOffered =
      offer?.value !== null && offer?.value !== undefined && String(offer.value) === String(value);
    return [{ name, value, from: isOffered ? (offer.from ?? 'person') : 'person' }];
  });
}
