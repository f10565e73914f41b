import type { LetterDesk } from '../application/dead-letters/desk.ts';
import type { IncidentDesk } from '../application/incident/desk.ts';
import type { LagQueries } from '../application/lag/read-lag.ts';
import type { NoticeDesk } from '../application/notices/desk.ts';
import type { PeopleDesk } from '../application/people/people-desk.ts';
import type { DashboardCommands, DashboardQueries, LiveFeed } from '../application/ports/dashboard.ts';
import type { Site } from '../application/ports/passkeys.ts';
import type { Bearer, RequestRates } from '../application/ports/people.ts';
import type { ReviewDesk } from '../application/review/desk.ts';
import type { RunDesk } from '../application/runbook-runs/desk.ts';
import type { RunbookCatalogue } from '../application/runbooks/catalogue.ts';
import { type Right, type Role, rightsOf, type SignInMethod, tokenRights } from '../domain/access/index.ts';

/** Who is asking, and what they may do now. */
export type Actor = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly roles: readonly Role[];
  readonly rights: readonly Right[];
  /** null: a token asks, and nobody sits before it. */
  readonly sessionId: string | null;
  /** When they last proved who they are, ISO 8601. */
  readonly provenAt: string | null;
  /** How; null where a token asks. */
  readonly method: SignInMethod | null;
};

const isForTokens = (right: Right) => tokenRights.some((each) => each === right);

/** The rights of somebody's roles; of a token those that stand in its scopes too. */
export function actorOf({ person, scopes, sessionId, provenAt, method }: Bearer): Actor {
  const rights = rightsOf(person.roles).filter(
    (right) => scopes === null || (scopes.includes(right) && isForTokens(right)),
  );
  return { ...person, rights, sessionId, provenAt, method };
}

export type Demo = {
  readonly people: readonly { readonly role: Role; readonly name: string; readonly email: string }[];
  readonly password: string;
};

/** What every procedure is given. */
export type Context = {
  readonly actor: Actor | null;
  readonly queries: DashboardQueries;
  readonly commands: DashboardCommands;
  readonly people: PeopleDesk;
  readonly notices: NoticeDesk;
  readonly lag: LagQueries;
  readonly incidents: IncidentDesk;
  readonly letters: LetterDesk;
  readonly runs: RunDesk;
  readonly runbooks: RunbookCatalogue;
  readonly reviews: ReviewDesk;
  readonly live: LiveFeed;
  /** Whom the sign-in page offers because this is the demo; null elsewhere. */
  readonly demo: Demo | null;
  /** What the company's own sign-in is called; null: there is none. */
  readonly issuerName: string | null;
  /** What passkeys are bound to at the address that was asked for; null where they can't be. */
  readonly site: Site | null;
  readonly rates: RequestRates;
  /** Where the request came from, as far as it can be believed. */
  readonly address: string;
  /** Whether the one who asked still holds the right: a stream outlives the request that opened it. */
  readonly stillHolds: (right: Right) => Promise<boolean>;
  /** Does what a procedure does, and tells how long it took. */
  readonly trace: <T>(path: string, type: string, work: () => Promise<T>) => Promise<T>;
  /** Tells the log of a failure that is nobody's mistake. */
  readonly reportFailure: (error: unknown, path: string) => void;
};
