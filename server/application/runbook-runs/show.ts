import type { Right, Role } from '../../domain/access/index.ts';
import {
  type ActionName,
  type Argument,
  actions,
  type Reference,
  type Runbook,
  referencesIn,
} from '../../domain/runbook/index.ts';
import { HIDDEN } from '../dashboard/masking.ts';
import type { Shown } from '../ports/runbook-actions.ts';
import type { AttemptRow } from '../ports/runs.ts';

export type Reader = {
  readonly id: string;
  readonly email: string;
  readonly roles: readonly Role[];
  readonly rights: readonly Right[];
};

/**
 * Who does steps or decides about them has to see what is done with; all others see no values that a contract may hide.
 * By rights: of what its person may do, a token may do what its scopes name, and sees no more than is for that.
 */
const sees = ({ rights }: Pick<Reader, 'rights'>) => rights.includes('respond') || rights.includes('approve');

/** What of a preview or a result the reader may see. */
export function partsTo(reader: Pick<Reader, 'rights'>, parts: readonly Shown[]): readonly Shown[] {
  if (sees(reader)) return parts;
  return parts.map((part) =>
    part.kind === 'table' && part.values === true
      ? { ...part, rows: part.rows.map(([name = '', ...cells]) => [name, ...cells.map(() => HIDDEN)]) }
      : part,
  );
}

export const shownTo = (
  reader: Pick<Reader, 'rights'>,
  { sentence, shown }: AttemptRow['preview'],
): AttemptRow['preview'] => ({ sentence, shown: partsTo(reader, shown) });

export const shownValue = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** Names of the parameters of an action whose values a contract may hide. */
const valuesOf = (name: ActionName): readonly string[] => {
  const definition = actions[name];
  return 'values' in definition ? definition.values : [];
};

export const isHiddenFrom = (
  reader: Pick<Reader, 'rights'>,
  action: ActionName,
  parameter: string,
): boolean => !sees(reader) && valuesOf(action).includes(parameter);

/** A sentence of what an action has refused may quote what it was given. */
export const refusalTo = (reader: Pick<Reader, 'rights'>, action: ActionName | null, text: string): string =>
  action !== null && !sees(reader) && valuesOf(action).length > 0 ? HIDDEN : text;

/** Whether the result of a step, as it stands beside its record, holds values that a contract may hide. */
export function holdsValues(result: string): boolean {
  const { plan } = JSON.parse(result) as { readonly plan?: { readonly action?: unknown } | null };
  const action = plan?.action;
  return (
    typeof action === 'string' && Object.hasOwn(actions, action) && valuesOf(action as ActionName).length > 0
  );
}

/** What an attempt was asked to be done with, as it was frozen. */
export const paramsTo = (
  reader: Pick<Reader, 'rights'>,
  action: ActionName,
  params: Readonly<Record<string, unknown>>,
): readonly { readonly name: string; readonly value: string }[] =>
  Object.entries(params).map(([name, value]) => ({
    name,
    value: isHiddenFrom(reader, action, name) ? HIDDEN : shownValue(value),
  }));

/** Names of what the run was given that end up in such values. */
export function hiddenGiven(reader: Pick<Reader, 'rights'>, { steps }: Runbook): ReadonlySet<string> {
  const hidden = steps.flatMap(({ action }) =>
    action === null
      ? []
      : Object.entries(action.args)
          .filter(([name]) => isHiddenFrom(reader, action.name, name))
          .flatMap(([, argument]: readonly [string, Argument]) => referencesIn(argument)),
  );
  return new Set(hidden.flatMap(({ step, name }: Reference) => (step === null ? [name] : [])));
}
