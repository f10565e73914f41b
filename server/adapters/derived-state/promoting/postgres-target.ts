import type { ClientBase, PoolClient } from 'pg';
import type { AppliedAt, LiveRow } from '../../../application/ports/derived-state.ts';
import type {
  Fenced,
  PromotionAttempt,
  PromotionTarget,
  Written,
} from '../../../application/ports/promotion-target.ts';
import type { PostgresState } from '../../../domain/contract/index.ts';
import { agree, type Write } from '../../../domain/promotion/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { type Connections, fixedOutput, quoteTable, withClient } from '../../connections.ts';
import { readApplied } from '../applied.ts';
import { toLiveRows } from '../postgres-state-reader.ts';
import { isKeyUnique, readColumns, readShape } from '../shape.ts';
import { asText, selectByKeys, selectNoRow } from '../statements.ts';
import { Hold, IDLE_SLACK_MS } from './hold.ts';
import { inTarget, unfit } from './target-errors.ts';
import { checkRights, refuseCascades } from './target-rights.ts';
import {
  fenceStatement,
  lockRows,
  notePromotion,
  promotionTable,
  selectPromotion,
  targetMigration,
  writeStatements,
} from './target-statements.ts';

type State = PostgresState<unknown>;

/** How long a promotion waits for a row that somebody else has locked. */
const LOCK_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const KEYS_EACH = 5_000;
/** What is written has to be recorded elsewhere too, as one text of its rows before and after. */
const OUTCOME_MAX_CHARS = 32 * 1024 * 1024;

/** Promotes derived states in PostgreSQL, through a role that may write them. `docs/promotion.md` says what it needs. */
export function openPostgresTarget(connect: Connections): PromotionTarget<State> {
  return {
    migration: targetMigration,
    check: (state, ways) =>
      inTarget(state, () =>
        withClient(connect(state.connection), async (client) => {
          await client.query(`BEGIN READ ONLY; ${fixedOutput}`);
          await checkShape(client, state);
          await checkRights(client, state, ways);
          await client.query(selectNoRow(state));
          await client.query('COMMIT');
        }),
      ),
    // Its projector goes on meanwhile.
    refuseEarly: () => Promise.resolve(),
    fence: (state, promotionId, token) =>
      inTarget(state, () =>
        withClient(connect(state.connection), async (client) => {
          await client.query(begin(IDLE_SLACK_MS));
          const fenced = await fence(client, state, promotionId, token);
          await client.query('COMMIT');
          return fenced;
        }),
      ),
    promote: (state, attempt) =>
      inTarget(state, () =>
        withClient(connect(state.connection), (client) => promote(client, state, attempt)),
      ),
  };
}

const begin = (holdMs: number) =>
  `BEGIN ISOLATION LEVEL READ COMMITTED; ${fixedOutput};
   SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS};
   SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};
   SET LOCAL idle_in_transaction_session_timeout = ${holdMs + IDLE_SLACK_MS}`;

async function fence(client: ClientBase, state: State, promotionId: string, token: bigint): Promise<Fenced> {
  const { rows } = await client.query(fenceStatement(state, promotionId, token));
  if (rows.length > 0) return { kind: 'held' };
  const found = await readPromotion(client, state, promotionId, false);
  if (found?.written !== undefined && found.written !== null)
    return { kind: 'written', written: found.written };
  return found?.token === token ? { kind: 'held' } : { kind: 'stale' };
}

async function readPromotion(client: ClientBase, state: State, promotionId: string, lock: boolean) {
  const { rows } = await client.query<{ token: string; applied_at: Date | null; outcome: unknown }>(
    selectPromotion(state, promotionId, lock),
  );
  const [row] = rows;
  if (row === undefined) return null;
  const written: Written | null =
    row.applied_at === null
      ? null
      : { appliedAt: row.applied_at.toISOString(), token: row.token, outcome: row.outcome };
  return { token: BigInt(row.token), written };
}

async function promote(
  client: PoolClient,
  state: State,
  attempt: PromotionAttempt,
): ReturnType<PromotionTarget['promote']> {
  await client.query(begin(attempt.holdMs));
  const held = await readPromotion(client, state, attempt.promotionId, true);
  if (held?.written) {
    await client.query('ROLLBACK');
    return { kind: 'written', written: held.written, heldMs: 0 };
  }
  if (held?.token !== attempt.token) {
    await client.query('ROLLBACK');
    return { kind: 'stale' };
  }
  if (state.position === null)
    throw unfit(state, 'it says no applied position.', 'Give it one: docs/promotion.md.');
  const typeOf = await checkShape(client, state);
  // The rows of several partitions are taken one after the other: while it waits for one, it holds others.
  const hold = new Hold(client, state, attempt.holdMs);
  await client.query(`SET LOCAL statement_timeout = ${LOCK_TIMEOUT_MS}`);
  const appliedAt = await readApplied(client, state, { lock: true });
  try {
    const written = await whileHeld(client, state, attempt, { appliedAt, typeOf, hold });
    return { kind: 'written', heldMs: hold.heldMs, written };
  } catch (error) {
    throw hold.explain(error);
  }
}

async function whileHeld(
  client: ClientBase,
  state: State,
  attempt: PromotionAttempt,
  {
    appliedAt,
    typeOf,
    hold,
  }: { readonly appliedAt: AppliedAt; readonly typeOf: (column: string) => string; readonly hold: Hold },
): Promise<Written> {
  await attempt.at('locked');
  const rows = await lockedRows(client, state, typeOf(state.key), attempt.keys, hold);
  const decided = await attempt.decide(appliedAt, rows, hold.signal());
  await attempt.at('decided');
  await write(client, state, decided.writes, typeOf, hold);
  await hold.bound();
  const noted = await client.query<{ applied_at: Date }>(
    notePromotion(state, attempt.promotionId, attempt.token, outcomeText(decided.outcome)),
  );
  const [note] = noted.rows;
  if (note === undefined)
    throw unfit(state, `${promotionTable(state)} has lost the token of this promotion.`, null);
  await attempt.at('written');
  // What is checked only at the end of a transaction takes its time there.
  await hold.bound();
  await client.query('COMMIT');
  return {
    appliedAt: note.applied_at.toISOString(),
    token: attempt.token.toString(),
    outcome: decided.outcome,
  };
}

function outcomeText(outcome: unknown): string {
  const text = JSON.stringify(outcome);
  if (text.length <= OUTCOME_MAX_CHARS) return text;
  throw new RepriseError(
    'promotion-overtaken',
    `The rows before and after come to ${Math.round(text.length / 1024 / 1024)} MB, and one promotion records ${OUTCOME_MAX_CHARS / 1024 / 1024} MB at most. Promote fewer keys at once.`,
  );
}

/** The types of the columns, once everything that a promotion needs to find has been found. */
async function checkShape(client: ClientBase, state: State): Promise<(column: string) => string> {
  await readShape(client, state);
  if (!(await isKeyUnique(client, state)))
    throw unfit(state, `nothing keeps two rows from having one ${state.key}.`, 'Give it a unique index.');
  const columns = await readColumns(client, state, state.table);
  return (column) => columns.get(column)?.type ?? 'text';
}

async function lockedRows(
  client: ClientBase,
  state: State,
  keyType: string,
  keys: readonly string[],
  hold: Hold,
): Promise<Map<string, LiveRow['fields']>> {
  const rows = new Map<string, LiveRow['fields']>();
  for (let at = 0; at < keys.length; at += KEYS_EACH) {
    await hold.bound();
    const { text, values } = lockRows(state, keyType, keys.slice(at, at + KEYS_EACH));
    const found = await client.query<string[]>({ text, values, rowMode: 'array', types: asText });
    for (const { key, fields } of toLiveRows(state, found)) rows.set(key, fields);
  }
  return rows;
}

async function write(
  client: ClientBase,
  state: State,
  writes: readonly Write[],
  typeOf: (column: string) => string,
  hold: Hold,
): Promise<void> {
  if (writes.some(({ kind }) => kind === 'delete')) {
    await hold.bound();
    // Held, it gets no foreign key between the looking and the deleting.
    await client.query(`LOCK TABLE ${quoteTable(state.table)} IN ROW EXCLUSIVE MODE`);
    await refuseCascades(client, state);
  }
  for (const { text, values, rows, what } of writeStatements(state, writes, typeOf)) {
    await hold.bound();
    const { rowCount } = await client.query(text, values);
    if (rowCount !== rows)
      throw unfit(
        state,
        `${what} of ${rows} rows touched ${rowCount ?? 0}: a rule, a trigger or a policy changes it.`,
        null,
      );
  }
  await checkWritten(client, state, writes, typeOf(state.key), hold);
}

/** A column that rounds, a trigger that corrects, a type that cuts: what was written is read again before it counts. */
async function checkWritten(
  client: ClientBase,
  state: State,
  writes: readonly Write[],
  keyType: string,
  hold: Hold,
): Promise<void> {
  for (let at = 0; at < writes.length; at += KEYS_EACH) {
    await hold.bound();
    const some = writes.slice(at, at + KEYS_EACH);
    const { text, values } = selectByKeys(
      state,
      keyType,
      some.map(({ key }) => key),
    );
    const found = await client.query<string[]>({ text, values, rowMode: 'array', types: asText });
    const rows = new Map(toLiveRows(state, found).map(({ key, fields }) => [key, fields]));
    for (const each of some) {
      const row = rows.get(each.key);
      const holds = each.kind === 'delete' ? row === undefined : row !== undefined && agree(each.fields, row);
      if (!holds)
        throw new RepriseError(
          'promotion-target-unfit',
          `Derived state ${state.title} (table ${state.table}) does not keep what is written: after the ${each.kind} of a row it reads otherwise. Look for a rounding column type or a trigger. Nothing was written.`,
          { where: `${state.connection}: ${state.table}` },
        );
    }
  }
}
