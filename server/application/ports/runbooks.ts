import type { Against, Runbook } from '../../domain/runbook/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** Bytes of a file under runbooks/ that were registered once, and what they came to. Never changed and never deleted. */
export type RunbookVersion = {
  readonly runbookId: string;
  /** SHA-256 of the file's bytes, in hex. */
  readonly digest: string;
  readonly file: string;
  readonly registeredAt: string;
  readonly runbook: Runbook;
};

/** Mistakes of a file that is not registered as it stands. */
export type RunbookProblem = {
  readonly file: string;
  /** Of the runbook that the file was or says that it is; null: nobody can tell. */
  readonly runbookId: string | null;
  /** From 1. */
  readonly line: number;
  readonly sentence: string;
};

/** A runbook as it stands now. */
export type CurrentRunbook = RunbookVersion & {
  /** ISO 8601; null: its file is there. A runbook whose file is gone keeps its versions and runs, and starts no new one. */
  readonly goneAt: string | null;
  /** Not empty: the file says something else by now that is wrong, and this version goes on being used. */
  readonly problems: readonly RunbookProblem[];
};

export type RegisteredFile = {
  readonly file: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly runbook: Runbook;
};

export interface RunbookStore {
  /** Every runbook that was registered, also where its file is gone, by failure mode and id. */
  current(tx: Transaction): Promise<readonly CurrentRunbook[]>;
  /** null: none was ever registered under that id. */
  get(tx: Transaction, id: string): Promise<CurrentRunbook | null>;
  /** What a run is pinned to, whatever the file says by now. */
  version(tx: Transaction, id: string, digest: string): Promise<RunbookVersion | null>;
  /** Newest first. */
  versions(tx: Transaction, id: string): Promise<readonly Omit<RunbookVersion, 'runbook'>[]>;
  /** The file as it was registered, as text. */
  source(tx: Transaction, id: string, digest: string): Promise<string | null>;
  /** All problems, also those of files that no runbook is known of. By file and line. */
  problems(tx: Transaction): Promise<readonly RunbookProblem[]>;
  /** Makes it the current one. Answers whether its bytes were new, and whether it is another current one than before. */
  register(
    tx: Transaction,
    file: RegisteredFile,
  ): Promise<{ readonly isNew: boolean; readonly isChanged: boolean }>;
  /** Marks runbooks whose file is not there any more. */
  markGone(tx: Transaction, ids: readonly string[]): Promise<void>;
  /** Answers whether the problems are others than before. */
  replaceProblems(tx: Transaction, problems: readonly RunbookProblem[]): Promise<boolean>;
}

/** A file as it was read, with all of its mistakes. */
export type ReadRunbook =
  | { readonly kind: 'read'; readonly file: RegisteredFile }
  | { readonly kind: 'wrong'; readonly file: string; readonly problems: readonly RunbookProblem[] };

/** Reads files of runbooks. */
export interface RunbookFiles {
  /** Every `*.md` directly under the folder; what has another ending of Markdown is wrong. A folder that is not there holds none. */
  readAll(against: Against): Promise<readonly ReadRunbook[]>;
}
