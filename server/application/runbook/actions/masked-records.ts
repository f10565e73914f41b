import type { EngineContract, Selector } from '../../../domain/contract/index.ts';
import { letterHeaders } from '../../../domain/deliveries/index.ts';
import { decodeUtf8 } from '../../../domain/shared/bytes.ts';
import type { Shown } from '../../ports/runbook-actions.ts';
import type { WholeRecord } from '../../ports/topic-records.ts';
import { newestContract, type StoredContracts } from './deps.ts';
import { timeText } from './words.ts';

const longestShown = 120;

/**
 * Headers of a topic whose values say what a record is, and not what it holds. What a consumer wrote down as the cause of
 * a dead letter may quote a value.
 */
export async function shownHeaders(deps: StoredContracts, topic: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const { contractId } of await deps.contracts.latestOfAll()) {
    // A bundle that can't be loaded is told elsewhere; here it declares nothing.
    const contract = await newestContract(deps, contractId).catch(() => null);
    if (contract !== null) for (const name of headersOn(contract, topic)) names.add(name);
  }
  return names;
}

function headersOn(contract: EngineContract, topic: string): readonly string[] {
  const { envelope, history, derivedStates } = contract;
  const parked = Object.values(derivedStates).flatMap(({ deadLetters }) =>
    deadLetters?.topic === topic ? [deadLetters] : [],
  );
  if (!(history.kind === 'kafka' && history.topic === topic) && parked.length === 0) return [];
  const { id, type, version, occurredAt } = envelope;
  const selectors = [id, type, version, occurredAt, ...parked.map((each) => each.id)];
  const { cause: _, ...told } = letterHeaders;
  const ours = parked.length === 0 ? [] : Object.values(told);
  const causes = new Set([letterHeaders.cause, ...parked.map((each) => headerName(each.cause))]);
  const names = [...selectors.flatMap((each) => headerName(each) ?? []), ...ours];
  return names.filter((name) => !causes.has(name));
}

export const headerName = (selector: Selector | null): string | null =>
  selector?.from === 'header' ? selector.name : null;

/**
 * Records without what they hold: sizes, headers by name, and the values of those that are shown. No digest either: of
 * what there are few of, such as ids of customers, it tells which one it is, also after that was erased.
 */
export function recordsTable(
  title: string,
  records: readonly WholeRecord[],
  shown: ReadonlySet<string>,
): Shown {
  return {
    kind: 'table',
    title,
    columns: ['Offset', 'Time', 'Key', 'Value', 'Headers'],
    rows: records.map(({ offset, timestampMs, key, value, headers }) => [
      String(offset),
      timeText(timestampMs),
      masked(key, 'none'),
      masked(value, 'none (a tombstone)'),
      headers.map(([name, bytes]) => (shown.has(name) ? `${name}=${textOf(bytes)}` : name)).join(', '),
    ]),
  };
}

const masked = (bytes: Uint8Array | null, without: string) =>
  bytes === null ? without : `${bytes.length} bytes`;

function textOf(bytes: Uint8Array | null): string {
  if (bytes === null) return 'no value';
  const text = decodeUtf8(bytes);
  if (text === null) return `${bytes.length} bytes`;
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
