import { TRPCError } from '@trpc/server';
import { describe, expect, it } from 'vitest';
import type { DashboardCommands, DashboardQueries, LiveFeed } from '../application/ports/dashboard.ts';
import type { Context } from './context.ts';
import { matrix, mayDo, type Right, type Role, rights, roles } from './policy.ts';
import { appRouter, callerFor } from './root.ts';

/** Reached behind every door that lets somebody through: answers nothing, so that only rights are looked at. */
class Passed extends Error {}
const passing = <T extends object>(): T =>
  new Proxy({} as T, {
    get: () => () => {
      throw new Passed();
    },
  });

function contextOf(held: readonly Role[] | null): Context {
  return {
    actor: held === null ? null : { name: 'ada', roles: held },
    queries: passing<DashboardQueries>(),
    commands: passing<DashboardCommands>(),
    live: passing<LiveFeed>(),
    reportFailure: () => undefined,
  };
}

/** Input that every procedure takes: fields that one does not know are dropped by its schema. */
const input = {
  contractId: 'inventory',
  replayId: '00000000-0000-4000-8000-000000000001',
  evidenceId: '00000000-0000-4000-8000-000000000002',
  before: '00000000-0000-4000-8000-000000000003',
  after: '00000000-0000-4000-8000-000000000004',
  key: 'SKU-1',
  name: 'plan.ranges',
  scope: { kind: 'all' },
  eventsPerSecond: null,
};

/** The flat list that tRPC keeps for itself; its type shows the nested routers. */
type Declared = { readonly _def: { readonly meta?: { readonly right?: Right } } };
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Declared>);

/** 'passed' where the rights let the caller through, whatever happened behind; else the refusal's code. */
async function call(path: string, held: readonly Role[] | null): Promise<string> {
  const caller = callerFor(contextOf(held)) as unknown as Record<
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

describe('the matrix of rights', () => {
  it('walks every procedure there is', () => {
    expect(procedures.length).toBeGreaterThan(15);
  });

  it.each(procedures)('%s names the right that it needs', (_path, procedure) => {
    expect(rights).toContain(procedure._def.meta?.right);
  });

  const cases = procedures.flatMap(([path, procedure]) => {
    const right = procedure._def.meta?.right;
    return roles.map((role) => ({
      path,
      role,
      allowed: right !== undefined && matrix[right].includes(role),
    }));
  });
  it.each(cases)('$path as $role: $allowed', async ({ path, role, allowed }) => {
    expect(await call(path, [role])).toBe(allowed ? 'passed' : 'FORBIDDEN');
  });

  it.each(procedures.map(([path]) => path))(
    '%s refuses somebody without a role, and nobody',
    async (path) => {
      expect(await call(path, [])).toBe('FORBIDDEN');
      expect(await call(path, null)).toBe('UNAUTHORIZED');
    },
  );

  it('lets everybody read what a record found, and auditors alone its bytes', () => {
    const needs = Object.fromEntries(
      procedures.map(([path, procedure]) => [path, procedure._def.meta?.right]),
    );
    expect(needs).toMatchObject({
      'evidence.get': 'read',
      'evidence.record': 'evidence',
      'evidence.attachment': 'evidence',
    });
    expect(roles.filter((role) => mayDo([role], 'evidence'))).toEqual(['auditor']);
    expect(new Set(Object.values(needs))).toEqual(new Set(rights));
  });

  it('keeps those who watch from acting, and admins from replaying', () => {
    expect(mayDo(['viewer', 'auditor', 'admin'], 'replay')).toBe(false);
    expect(mayDo(['viewer', 'operator'], 'replay')).toBe(true);
  });
});

describe('a refusal', () => {
  it('answers with its sentence, and a failure without its insides', async () => {
    const failures: unknown[] = [];
    const context = { ...contextOf(['operator']), reportFailure: (error: unknown) => failures.push(error) };
    await expect(callerFor(context).replays.list({})).rejects.toThrow(
      'Reprise failed to answer. Its log says why.',
    );
    expect(failures).toHaveLength(1);
    expect(failures[0]).toBeInstanceOf(Passed);
  });
});
