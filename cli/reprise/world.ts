import type { Actor } from '../../server/api/context.ts';
import type { PeopleDesk } from '../../server/application/people/people-desk.ts';
import type { ContractLoader } from '../../server/application/ports/contracts.ts';
import type { DashboardCommands, DashboardQueries } from '../../server/application/ports/dashboard.ts';
import type { ReviewDesk } from '../../server/application/review/desk.ts';
import type { RunbookCatalogue } from '../../server/application/runbooks/catalogue.ts';
import type { Output } from './print.ts';

/** What a command works with. Opened when it is needed: `contracts check` needs no database. */
export type World = {
  readonly queries: DashboardQueries;
  readonly commands: DashboardCommands;
  readonly runbooks: RunbookCatalogue;
  readonly reviews: Pick<ReviewDesk, 'list' | 'get' | 'export'>;
  readonly actor: Actor;
  readonly noteRefusal: PeopleDesk['noteRefusal'];
  /** Writes an archive of a contract's history; the summary says what was written. */
  readonly writeArchive: (contractId: string, actor: string) => Promise<unknown>;
  /** The bundle of a record, which proves that logs of these sizes are its beginning. */
  readonly evidenceBundle: (
    evidenceId: string,
    fromSizes: readonly number[],
    cosigned: boolean,
  ) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
};

export type CommandContext = {
  readonly output: Output;
  readonly openWorld: () => Promise<World>;
  readonly openLoader: () => Promise<ContractLoader>;
  readonly wait: (ms: number) => Promise<void>;
};
