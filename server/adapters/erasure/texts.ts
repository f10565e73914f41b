import type { Match } from '../../application/ports/erasures.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { namesKey, textNamesKey, valueNamesKey } from '../../domain/erasure/index.ts';
import { canonicalJson } from '../../domain/shared/canonical-json.ts';

/** One row whose words go: a statement with its values, and how many texts of it that are. */
export type Clearing = {
  readonly part: 'words' | 'planKeys';
  readonly count: number;
  readonly sql: string;
  readonly values: readonly unknown[];
};

const names = (text: string | null, match: Match): boolean =>
  text !== null && text !== '' && (match === null || namesKey(text, match));

/** The texts in the replay's own row. They go together: the database lets none stay beside one that is cleared. */
async function ofReplay(tx: Transaction, replayId: string, match: Match): Promise<readonly Clearing[]> {
  const [row] = await tx.query<{
    texts: (string | null)[];
    plan: string | null;
    scope: { kind: string; keys?: string[] };
  }>(
    'SELECT ARRAY[reason, failure, cancel_reason, problem] AS texts, plan, scope FROM replay WHERE id = $1',
    [replayId],
  );
  if (row === undefined) return [];
  const cleared: Clearing[] = [];
  if (row.texts.some((text) => names(text, match)))
    cleared.push({
      part: 'words',
      count: row.texts.filter((text) => text !== null && text !== '').length,
      sql: `UPDATE replay SET reason = '', failure = NULL, cancel_reason = NULL, problem = NULL WHERE id = $1`,
      values: [replayId],
    });
  const keys = row.scope.keys ?? [];
  const kept = match === null ? [] : keys.filter((key) => !match.has(key));
  if (row.scope.kind === 'keys' && kept.length < keys.length) {
    // With the salt the plan hash would confirm a guess at what is gone, also where other keys stay.
    const { salt: _, ...plan } = row.plan === null ? {} : JSON.parse(row.plan);
    const scope = { ...row.scope, keys: kept };
    cleared.push({
      part: 'planKeys',
      count: keys.length - kept.length,
      sql: 'UPDATE replay SET plan = $2, scope = $3, plan_erased = true WHERE id = $1',
      values: [replayId, row.plan === null ? null : canonicalJson({ ...plan, scope }), JSON.stringify(scope)],
    });
  }
  return cleared;
}

type Result = { problem?: string | null; failingKeys?: readonly string[] };

/** A result without its words: null where none of them goes. */
function withoutWords(
  result: Result,
  match: Match,
): { readonly result: Result; readonly count: number } | null {
  const { problem = null, failingKeys = [] } = result;
  const kept = match === null ? [] : failingKeys.filter((key) => !match.has(key));
  const goes = names(problem, match);
  const count = failingKeys.length - kept.length + (goes ? 1 : 0);
  if (count === 0) return null;
  const keys = result.failingKeys === undefined ? {} : { failingKeys: kept };
  return { result: { ...result, ...keys, problem: goes ? null : problem }, count };
}

async function ofResults(tx: Transaction, replayId: string, match: Match): Promise<readonly Clearing[]> {
  const rows = await tx.query<{
    table: 'replay_comparison' | 'replay_invariant';
    name: string;
    result: Result;
  }>(
    `SELECT 'replay_comparison' AS table, derived_state AS name, result FROM replay_comparison WHERE replay_id = $1
     UNION ALL SELECT 'replay_invariant', name, result FROM replay_invariant WHERE replay_id = $1`,
    [replayId],
  );
  return rows.flatMap(({ table, name, result }) => {
    const less = withoutWords(result, match);
    if (less === null) return [];
    const column = table === 'replay_comparison' ? 'derived_state' : 'name';
    return [
      {
        part: 'words' as const,
        count: less.count,
        sql: `UPDATE ${table} SET result = $3 WHERE replay_id = $1 AND ${column} = $2`,
        values: [replayId, name, JSON.stringify(less.result)],
      },
    ];
  });
}

type Outcome = { after: { comparisons: readonly Result[]; invariants: readonly Result[] } | null };

async function ofPromotions(tx: Transaction, replayId: string, match: Match): Promise<readonly Clearing[]> {
  const rows = await tx.query<{ id: string; texts: (string | null)[]; outcome: Outcome | null }>(
    'SELECT id::text, ARRAY[reason, failure, problem] AS texts, outcome FROM promotion WHERE replay_id = $1',
    [replayId],
  );
  return rows.flatMap(({ id, texts, outcome }) => {
    const cleared: Clearing[] = [];
    if (texts.some((text) => names(text, match)))
      cleared.push({
        part: 'words',
        count: texts.filter((text) => text !== null && text !== '').length,
        sql: `UPDATE promotion SET reason = '', failure = NULL, problem = NULL WHERE id = $1`,
        values: [id],
      });
    const after = outcome?.after ?? null;
    if (outcome === null || after === null) return cleared;
    const all = [...after.comparisons, ...after.invariants].map((each) => withoutWords(each, match));
    const count = all.reduce((sum, each) => sum + (each?.count ?? 0), 0);
    if (count === 0) return cleared;
    const less = (results: readonly Result[]) =>
      results.map((each) => withoutWords(each, match)?.result ?? each);
    const rest = { comparisons: less(after.comparisons), invariants: less(after.invariants) };
    cleared.push({
      part: 'words',
      count,
      sql: 'UPDATE promotion SET outcome = $2 WHERE id = $1',
      values: [id, JSON.stringify({ ...outcome, after: { ...after, ...rest } })],
    });
    return cleared;
  });
}

const ERASED = 'erased';
const about = `((x.subject_kind = 'replay' AND x.subject_id = $1)
  OR (x.subject_kind = 'promotion' AND x.subject_id IN (SELECT p.id FROM promotion p WHERE p.replay_id = $1)))`;

/** What people wrote when they decided. A reason is never empty there, so it says that it was erased. */
async function ofDecisions(tx: Transaction, replayId: string, match: Match): Promise<readonly Clearing[]> {
  const decisions = await tx.query<{ id: string; reason: string }>(
    `SELECT x.id::text, x.reason FROM decision x WHERE ${about} AND x.reason <> '${ERASED}'`,
    [replayId],
  );
  const glasses = await tx.query<{ id: string; texts: (string | null)[] }>(
    `SELECT x.id::text, ARRAY[x.first_reason, x.second_reason, x.conclusion] AS texts FROM break_glass x
     WHERE ${about} AND x.first_reason <> '${ERASED}'`,
    [replayId],
  );
  return [
    ...decisions
      .filter(({ reason }) => names(reason, match))
      .map(({ id }) => ({
        part: 'words' as const,
        count: 1,
        sql: `UPDATE decision SET reason = '${ERASED}' WHERE id = $1`,
        values: [id],
      })),
    ...glasses
      .filter(({ texts }) => texts.some((text) => names(text, match)))
      .map(({ id, texts }) => ({
        part: 'words' as const,
        count: texts.filter((text) => text !== null).length,
        sql: `UPDATE break_glass SET first_reason = '${ERASED}',
          second_reason = CASE WHEN second_reason IS NOT NULL THEN '${ERASED}' END,
          conclusion = CASE WHEN conclusion IS NOT NULL THEN '${ERASED}' END WHERE id = $1`,
        values: [id],
      })),
  ];
}

/** Every text of a replay, and of what stands on it, that goes. */
export async function textsOf(tx: Transaction, replayId: string, match: Match): Promise<readonly Clearing[]> {
  return [
    ...(await ofReplay(tx, replayId, match)),
    ...(await ofResults(tx, replayId, match)),
    ...(await ofPromotions(tx, replayId, match)),
    ...(await ofDecisions(tx, replayId, match)),
  ];
}

/** Whether an attachment or a list of filters holds one of the keys. */
export const contentNames = (content: string, match: ReadonlySet<string>): boolean =>
  textNamesKey(content, match);
export const filterNames = (query: string, match: ReadonlySet<string>): boolean =>
  valueNamesKey(Object.fromEntries(new URLSearchParams(query)), match);
