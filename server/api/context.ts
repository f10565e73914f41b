import type { DashboardCommands, DashboardQueries, LiveFeed } from '../application/ports/dashboard.ts';
import type { Role } from './policy.ts';

/** Who is asking. Until people sign in, the one actor is the operator named by the settings, on this machine only. */
export type Actor = { readonly name: string; readonly roles: readonly Role[] };

/** What every procedure is given. */
export type Context = {
  readonly actor: Actor | null;
  readonly queries: DashboardQueries;
  readonly commands: DashboardCommands;
  readonly live: LiveFeed;
  /** Tells the log of a failure that is nobody's mistake. */
  readonly reportFailure: (error: unknown, path: string) => void;
};
