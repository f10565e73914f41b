import { setTimeout as wait } from 'node:timers/promises';
import type { AppliedAt } from '../../application/ports/derived-state.ts';
import type { ReadinessCheck } from '../../application/ports/history.ts';
import type { PostgresState } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { checkReadOnlyRole, passed } from '../checks.ts';
import { type Connections, fixedOutput, withClient } from '../connections.ts';
import { readApplied } from './applied.ts';
import { inPlace } from './errors.ts';
import { isKeyUnique, readShape } from './shape.ts';
import { selectNoRow } from './statements.ts';

type State = PostgresState<unknown>;

/** How long an applied position is watched. */
const WATCH_MS = 1_000;

/** Live checks of one derived state. `name` is its key in the contract. */
export async function checkReadiness(
  connect: Connections,
  name: string,
  state: State,
): Promise<readonly ReadinessCheck[]> {
  const tables = [...new Set([state.table, ...(state.position ? [state.position.table] : [])])];
  try {
    return await withClient(connect(state.connection), async (client) => {
      await client.query(`BEGIN READ ONLY; ${fixedOutput}`);
      const key = await readShape(client, state);
      await client.query(selectNoRow(state));
      const unique = key.notNull && (await isKeyUnique(client, state));
      const checks = [
        passed(
          `Derived state ${name} can be read`,
          `${state.table} has every column that the contract names.`,
        ),
        unique
          ? passed(`Derived state ${name} has one row a key`, `${state.key} is NOT NULL with a unique index.`)
          : {
              name: `Derived state ${name} has one row a key`,
              outcome: 'warning' as const,
              found: `Nothing keeps ${state.key} from standing twice in ${state.table}, or from being NULL.`,
              consequence: 'It cannot be compared once a key has two rows, or a row no key.',
              remedy: `Give ${state.table} a primary key on ${state.key}.`,
            },
        await checkApplied(name, state, () => readApplied(client, state)),
        await checkReadOnlyRole(
          client,
          `Derived state ${name} is read by a role that can only read`,
          tables,
          'Nothing but Reprise itself keeps the derived state from being changed over this connection.',
        ),
      ];
      await client.query('COMMIT');
      return checks;
    });
  } catch (error) {
    const problem = inPlace(state, error);
    return [
      {
        name: `Derived state ${name} can be read`,
        outcome: 'failed',
        found: problem.message,
        consequence: 'It cannot be compared with the history.',
        remedy: 'Correct what was found, then check again.',
      },
    ];
  }
}

async function checkApplied(
  name: string,
  state: State,
  read: () => Promise<AppliedAt>,
): Promise<ReadinessCheck> {
  const check = `Derived state ${name} tells how far it has come`;
  if (state.position === null) {
    return {
      name: check,
      outcome: 'warning',
      found: 'The contract names no applied position.',
      consequence: 'A difference counts only if it stands after the store has settled, which proves less.',
      remedy:
        'Have the projector write its position in the transaction of its rows, and name it in the contract.',
    };
  }
  try {
    const before = textOf(await read());
    if (before === '') {
      return {
        name: check,
        outcome: 'warning',
        found: `${state.position.table} has no position row${inWords(state.position.where)}.`,
        consequence: 'It counts as having applied nothing, and so as behind by the whole history.',
        remedy: 'Check the `where` of its position in the contract, and whether its projector has ever run.',
      };
    }
    await wait(WATCH_MS);
    const after = textOf(await read());
    const moved =
      before === after
        ? 'it did not move within 1 s, so either nothing is being written or its projector stands still'
        : `1 s later: ${after}`;
    return passed(check, `Applied up to ${before}; ${moved}.`);
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    return {
      name: check,
      outcome: 'failed',
      found: error.message,
      consequence: 'It cannot be compared at a fixed position.',
      remedy: 'Correct what was found, then check again.',
    };
  }
}

function textOf(applied: AppliedAt): string {
  if (applied.kind === 'none') return '';
  if (applied.kind === 'transaction') {
    return applied.transactionId === 0n
      ? ''
      : `transaction ${applied.transactionId}, position ${applied.position}`;
  }
  const partitions = [...applied.next].sort(([a], [b]) => a - b);
  return partitions.map(([partition, next]) => `${partition}: ${next}`).join(', ');
}

function inWords(where: Readonly<Record<string, string>>): string {
  const conditions = Object.entries(where).map(([column, value]) => `${column} = ${value}`);
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}
