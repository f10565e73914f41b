import { parseAsBoolean, parseAsString, parseAsStringLiteral } from 'nuqs/server';
import type { SagaState } from '@/server/domain/saga/index.ts';

/** In the order in which they ask for somebody. */
export const states = [
  'stuck',
  'compensation-failed',
  'compensating',
  'running',
  'cancelled',
  'completed',
] as const satisfies readonly SagaState[];

/** The filters of the sagas, as they stand in the address. Read by the page on the server as well. */
export const sagaFilters = {
  contract: parseAsString.withDefault(''),
  state: parseAsStringLiteral(states),
  key: parseAsString.withDefault(''),
  odd: parseAsBoolean.withDefault(false),
  /** The saga that is looked at: its contract, a colon, its key. */
  saga: parseAsString,
};

export type SagaFilter = {
  readonly contract: string;
  readonly state: SagaState | null;
  readonly key: string;
  readonly odd: boolean;
};

/** What is asked of the server: the same for the page that prefetches and the list that reads. */
export function sagaListInput({ contract, state, key, odd }: SagaFilter) {
  return {
    contractId: contract || undefined,
    state: state ?? undefined,
    key: key.trim() || undefined,
    odd: odd || undefined,
  };
}

/** Those that wait for somebody, whatever else is looked for. */
export function attentionInput({ contract }: Pick<SagaFilter, 'contract'>) {
  return { contractId: contract || undefined, state: 'attention' as const, limit: 50 };
}

export const sagaPages = {
  getNextPageParam: (page: { readonly next: string | null }) => page.next ?? undefined,
};

export const sagaId = (row: { readonly contractId: string; readonly key: string }): string =>
  `${row.contractId}:${row.key}`;

/** null: the address names no saga. A contract's id holds no colon, and a key may. */
export function parseSagaId(
  text: string | null,
): { readonly contractId: string; readonly key: string } | null {
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 1 || colon === text.length - 1) return null;
  return { contractId: text.slice(0, colon), key: text.slice(colon + 1) };
}
