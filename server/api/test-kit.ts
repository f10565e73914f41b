import { TRPCError } from '@trpc/server';
import type { LetterDesk } from '../application/dead-letters/desk.ts';
import type { IncidentDesk } from '../application/incident/desk.ts';
import type { LagQueries } from '../application/lag/read-lag.ts';
import type { NoticeDesk } from '../application/notices/desk.ts';
import type { PeopleDesk } from '../application/people/people-desk.ts';
import type { DashboardCommands, DashboardQueries, LiveFeed } from '../application/ports/dashboard.ts';
import type { ReviewDesk } from '../application/review/desk.ts';
import type { RunDesk } from '../application/runbook-runs/desk.ts';
import type { RunbookCatalogue } from '../application/runbooks/catalogue.ts';
import type { Right, Role } from '../domain/access/index.ts';
import { actorOf, type Context } from './context.ts';
import { appRouter, callerFor } from './root.ts';

/** Reached behind every door that lets somebody through: answers nothing, so that only rights are looked at. */
export class Passed extends Error {}
export const passing = <T extends object>(own: Partial<T> = {}): T =>
  new Proxy(own as T, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        throw new Passed();
      }),
  });

export const refused: Parameters<PeopleDesk['noteRefusal']>[0][] = [];

export function contextOf(
  held: readonly Role[] | null,
  scopes: readonly Right[] | null = null,
  people: Partial<PeopleDesk> = {},
): Context {
  const person = { id: 'ada', name: 'Ada', email: 'ada@example.test', roles: held ?? [] };
  return {
    actor:
      held === null
        ? null
        : actorOf({ person, scopes, sessionId: 'a-session', provenAt: null, method: null }),
    queries: passing<DashboardQueries>(),
    commands: passing<DashboardCommands>(),
    people: passing<PeopleDesk>({
      noteRefusal: async (note) => void refused.push(note),
      demandFresh: async () => undefined,
      ...people,
    }),
    notices: passing<NoticeDesk>(),
    lag: passing<LagQueries>(),
    incidents: passing<IncidentDesk>(),
    letters: passing<LetterDesk>(),
    runs: passing<RunDesk>(),
    runbooks: passing<RunbookCatalogue>(),
    reviews: passing<ReviewDesk>(),
    live: passing<LiveFeed>(),
    demo: null,
    issuerName: null,
    site: { id: 'localhost', origin: 'http://localhost:3000' },
    rates: { take: async () => true, forget: async () => undefined },
    address: '198.51.100.7',
    stillHolds: async () => true,
    trace: (_path, _type, work) => work(),
    reportFailure: () => undefined,
  };
}

type Composed = Pick<Context, 'queries' | 'lag' | 'live' | 'demo' | 'rates'> & {
  desk(
    origin: string,
  ): Pick<
    Context,
    'commands' | 'people' | 'notices' | 'incidents' | 'letters' | 'runs' | 'runbooks' | 'reviews'
  >;
};

/** Asks a dashboard over real servers as somebody. A fault that is no refusal is thrown. */
export function callerOver(
  { queries, desk, lag, live, demo, rates }: Composed,
  who: {
    readonly id: string;
    readonly roles: readonly Role[];
    readonly sessionId: string | null;
    readonly scopes?: readonly Right[] | null;
  },
) {
  const { id, roles, sessionId, scopes = null } = who;
  const person = { id, name: 'me', email: `${id}@example.test`, roles };
  return callerFor({
    actor: actorOf({ person, scopes, sessionId, provenAt: null, method: null }),
    queries,
    ...desk('test'),
    lag,
    live,
    demo,
    issuerName: null,
    site: null,
    rates,
    address: '198.51.100.7',
    stillHolds: async () => true,
    trace: (_path, _type, work) => work(),
    reportFailure: (error) => {
      throw error;
    },
  });
}

/** Input that every procedure takes: fields that one does not know are dropped by its schema. */
export const input = {
  personId: 'grace',
  runbookId: 'poison-message',
  sessionId: 'a-session',
  tokenId: '00000000-0000-4000-8000-000000000005',
  token: 'x'.repeat(40),
  name: 'Grace',
  email: 'grace@example.test',
  roles: ['viewer'],
  disabled: true,
  password: 'a long enough one',
  code: '123456',
  step: 'x'.repeat(43),
  answer: {},
  passkeyId: 'a-passkey',
  viewId: '00000000-0000-4000-8000-000000000009',
  page: 'evidence',
  query: 'contract=inventory',
  shared: false,
  old: 'a long enough one',
  next: 'another long one',
  channel: 'email',
  byEmail: false,
  behind: '0',
  planHash: 'a'.repeat(64),
  verdict: 'approved',
  reason: 'read it',
  scopes: ['read'],
  days: 1,
  contractId: 'inventory',
  replayId: '00000000-0000-4000-8000-000000000001',
  promotionId: '00000000-0000-4000-8000-000000000006',
  subjectKind: 'replay',
  subjectId: '00000000-0000-4000-8000-000000000007',
  glassId: '00000000-0000-4000-8000-000000000008',
  derivedState: 'selling',
  keys: null,
  fields: null,
  evidenceId: '00000000-0000-4000-8000-000000000002',
  filter: {},
  seen: null,
  before: '00000000-0000-4000-8000-000000000003',
  after: '00000000-0000-4000-8000-000000000004',
  key: 'SKU-1',
  incidentId: '00000000-0000-4000-8000-00000000000a',
  version: 1,
  class: 'P2',
  title: 'Orders stand still.',
  beganAt: null,
  assignee: null,
  text: 'seen',
  link: 'https://chat.example/1',
  content: 'eA==',
  entryId: '1',
  starred: true,
  scope: { kind: 'all' },
  eventsPerSecond: null,
  subject: 'group:projector',
  range: { last: '1h' },
  budgetId: 'inventory:losses',
  indicator: 'losses',
  from: new Date('2026-11-01T00:00:00Z'),
  to: new Date('2026-11-01T01:00:00Z'),
  exclusionId: '00000000-0000-4000-8000-000000000010',
  how: 'ended',
  topic: 'inventory.events.selling.dlq',
  partition: 0,
  offset: '0',
  runId: '00000000-0000-4000-8000-000000000011',
  attemptId: '00000000-0000-4000-8000-000000000012',
  beforeLine: 201,
  previewId: '00000000-0000-4000-8000-000000000013',
  digest: 'a'.repeat(64),
  parameters: {},
  note: 'moved by hand',
  toPerson: 'ada',
  redriveId: '00000000-0000-4000-8000-000000000011',
  reviewId: '00000000-0000-4000-8000-000000000011',
  sectionVersion: 1,
  section: 'summary',
  markdown: 'It is over.',
  baseVersion: 0,
  actionId: '00000000-0000-4000-8000-000000000012',
  owner: null,
  dueOn: null,
  actionLink: null,
  done: true,
  value: '{"amount":1}',
  ticket: '',
};

/** The flat list that tRPC keeps for itself; its type shows the nested routers. */
type Declared = {
  readonly _def: {
    readonly type: string;
    readonly meta?: { readonly right?: Right; readonly reachesOut?: boolean };
  };
};
export const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Declared>);

export function appRouterRight(path: string): Right | undefined {
  return procedures.find(([each]) => each === path)?.[1]._def.meta?.right;
}

/** 'passed' where the rights let the caller through, whatever happened behind; else the refusal's code. */
export async function call(
  path: string,
  held: readonly Role[] | null,
  scopes: readonly Right[] | null = null,
  people: Partial<PeopleDesk> = {},
): Promise<string> {
  const caller = callerFor(contextOf(held, scopes, people)) as unknown as Record<
    string,
    Record<string, (input: unknown) => Promise<unknown>>
  >;
  const [room = '', name = ''] = path.split('.');
  try {
    await caller[room]?.[name]?.(input);
    return 'passed';
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    // What lies behind the door failed as it was made to.
    return error.code === 'INTERNAL_SERVER_ERROR' ? 'passed' : error.code;
  }
}
