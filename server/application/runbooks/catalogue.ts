import { actions, type FailureMode, failureModes, type Runbook } from '../../domain/runbook/index.ts';
import type { CurrentRunbook, RunbookProblem, RunbookStore } from '../ports/runbooks.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

export type RunbookSummary = {
  readonly id: string;
  readonly title: string;
  readonly failureMode: FailureMode;
  readonly severity: Runbook['severity'];
  readonly contracts: readonly string[];
  readonly owner: string;
  readonly lastRehearsed: string | null;
  readonly incidents: readonly string[];
  readonly digest: string;
  readonly file: string;
  readonly goneAt: string | null;
  /** Of the file as it is now, which is wrong: the version that is shown is from before. */
  readonly mistakes: number;
  readonly steps: number;
  /** Steps that Reprise does. */
  readonly actions: number;
};

export type RunbookList = {
  readonly rows: readonly RunbookSummary[];
  readonly problems: readonly RunbookProblem[];
  /** Failures of the field that no runbook is there for. */
  readonly without: readonly FailureMode[];
};

/** What pages show of an action, beside its name. */
export type ActionWords = Pick<
  (typeof actions)[keyof typeof actions],
  'title' | 'sentence' | 'touches' | 'approvals' | 'right'
>;

export type RunbookPage = {
  readonly summary: RunbookSummary;
  /** The version that was asked for. */
  readonly shown: {
    readonly digest: string;
    readonly file: string;
    readonly registeredAt: string;
    readonly isCurrent: boolean;
    readonly runbook: Runbook;
  };
  readonly words: Readonly<Record<string, ActionWords>>;
  readonly versions: readonly {
    readonly digest: string;
    readonly file: string;
    readonly registeredAt: string;
  }[];
  readonly problems: readonly RunbookProblem[];
};

export interface RunbookCatalogue {
  list(): Promise<RunbookList>;
  /** null: there is no such runbook, or no such version of it. */
  get(id: string, digest: string | null): Promise<RunbookPage | null>;
}

export function createRunbookCatalogue(deps: {
  readonly unitOfWork: UnitOfWork;
  readonly runbooks: RunbookStore;
}): RunbookCatalogue {
  const { runbooks } = deps;
  return {
    list: () =>
      deps.unitOfWork.run(
        async (tx) => {
          const rows = (await runbooks.current(tx)).map(toSummary);
          const covered = new Set(rows.filter(({ goneAt }) => goneAt === null).map((row) => row.failureMode));
          return {
            rows,
            problems: await runbooks.problems(tx),
            without: failureModes.filter((mode) => !covered.has(mode)),
          };
        },
        { snapshot: true },
      ),
    get: (id, digest) =>
      deps.unitOfWork.run(
        async (tx) => {
          const current = await runbooks.get(tx, id);
          if (current === null) return null;
          const version = digest === null ? current : await runbooks.version(tx, id, digest);
          if (version === null) return null;
          const { file, registeredAt, runbook } = version;
          return {
            summary: toSummary(current),
            shown: {
              digest: version.digest,
              file,
              registeredAt,
              isCurrent: version.digest === current.digest,
              runbook,
            },
            words: wordsOf(runbook),
            versions: await runbooks.versions(tx, id),
            problems: current.problems,
          };
        },
        { snapshot: true },
      ),
  };
}

function toSummary(current: CurrentRunbook): RunbookSummary {
  const { digest, file, goneAt, problems, runbook } = current;
  const { id, title, failureMode, severity, contracts, owner, lastRehearsed, incidents, steps } = runbook;
  return {
    ...{ id, title, failureMode, severity, contracts, owner, lastRehearsed, incidents, digest, file, goneAt },
    mistakes: problems.length,
    steps: steps.length,
    actions: steps.filter(({ action }) => action !== null).length,
  };
}

/** Of an action that a version of long ago names and that there is no more, nothing is said. */
function wordsOf({ steps }: Runbook): Readonly<Record<string, ActionWords>> {
  const names = new Set(steps.flatMap(({ action }) => (action === null ? [] : [action.name])));
  return Object.fromEntries(
    [...names].flatMap((name) => {
      if (!Object.hasOwn(actions, name)) return [];
      const { title, sentence, touches, approvals, right } = actions[name];
      return [[name, { title, sentence, touches, approvals, right }]];
    }),
  );
}
