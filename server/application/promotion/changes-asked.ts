import { type Change, mostKeys, undoing } from '../../domain/promotion/index.ts';
import { magnitudeOf } from '../../domain/reconciliation/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { PromotionCommandDeps } from './deps.ts';

export type SizedChange = Change & { readonly magnitude: number };

export type ChangesAsked = {
  readonly replayId: string;
  readonly derivedState: string;
  /** null: every key that differs. */
  readonly keys: readonly string[] | null;
  /** null: every field of theirs that differs. A row that is missing or extra is promoted whole. */
  readonly fields: readonly string[] | null;
};

/** What a replay has found of the keys and fields asked for, in byte order of the key. `known`: the fields of the state. */
export async function changesAsked(
  deps: PromotionCommandDeps,
  tx: Transaction,
  { replayId, derivedState, keys, fields }: ChangesAsked,
  known: readonly string[],
): Promise<readonly SizedChange[]> {
  const strange = (fields ?? []).filter((field) => !known.includes(field));
  if (strange.length > 0)
    throw new RepriseError(
      'input-invalid',
      `${derivedState} has no field ${strange.slice(0, 3).join(', ')}; it has ${known.join(', ')}.`,
      { where: 'fields' },
    );
  const wanted = keys === null ? null : new Set(keys);
  const found: SizedChange[] = [];
  const elsewhere: string[] = [];
  for await (const rows of deps.results.discrepanciesInKeyOrder(tx, replayId, derivedState)) {
    for (const row of rows) {
      if (wanted !== null && !wanted.delete(row.key)) continue;
      const change = ofFields(row, fields);
      refuseUnkeepable(change);
      if (change.fields.length > 0) found.push(change);
      else if (wanted !== null) elsewhere.push(row.key);
      if (found.length > mostKeys)
        throw new RepriseError(
          'input-invalid',
          `A promotion writes at most ${mostKeys} keys in its one transaction. Name some of them.`,
          { where: 'keys' },
        );
    }
  }
  if (wanted !== null && wanted.size > 0)
    throw new RepriseError(
      'input-invalid',
      `${some([...wanted])}: by this replay ${derivedState} does not differ there.`,
      { where: 'keys' },
    );
  // Somebody who names a key is not to believe that it was asked for.
  if (elsewhere.length > 0)
    throw new RepriseError(
      'input-invalid',
      `${some(elsewhere)}: by this replay ${derivedState} differs there, but not in ${(fields ?? known).join(', ')}.`,
      { where: 'fields' },
    );
  if (found.length === 0)
    throw new RepriseError(
      'input-invalid',
      fields === null
        ? `By this replay there is nothing to correct in ${derivedState}.`
        : `By this replay no row of ${derivedState} is to be corrected in ${fields.join(', ')}.`,
      {
        where: 'derivedState',
      },
    );
  return found;
}

const some = (keys: readonly string[]) =>
  `${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ` and ${keys.length - 3} more` : ''}`;

/** What no column of text holds can't be asked for: it would be refused only once others had approved it. */
function refuseUnkeepable({ key, fields }: Change): void {
  for (const { field, history } of fields)
    if (typeof history === 'string' && (history.includes('\0') || !history.isWellFormed()))
      throw new RepriseError(
        'input-invalid',
        `${key}: what history says of ${field} holds a character that the table can't keep. Name the other keys, or other fields.`,
        { where: 'keys' },
      );
}

function ofFields(row: SizedChange, fields: readonly string[] | null): SizedChange {
  if (fields === null || row.kind !== 'different') return row;
  return sized({ ...row, fields: row.fields.filter(({ field }) => fields.includes(field)) });
}

/** What brings the rows back that a promotion has written over. */
export async function undoingOf(
  deps: PromotionCommandDeps,
  tx: Transaction,
  promotionId: string,
): Promise<readonly SizedChange[]> {
  const done = await deps.promotions.changes(tx, promotionId);
  return done.flatMap((each): SizedChange[] => {
    const change = each.result === null ? null : undoing({ ...each, ...each.result });
    return change === null ? [] : [sized(change)];
  });
}

/** It is as large as what of it was asked for, and says nothing of other fields. */
const sized = (change: Change): SizedChange => ({ ...change, magnitude: magnitudeOf(change.fields) });
