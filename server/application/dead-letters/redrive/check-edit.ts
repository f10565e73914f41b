import type { EngineContract, Selector } from '../../../domain/contract/index.ts';
import { doubledName, whereJsonBreaks } from '../../../domain/dead-letters/index.ts';
import { compileSelector, type HistoryRecord } from '../../../domain/replay/index.ts';
import { grouped } from '../../../domain/shared/counted.ts';
import type { Reading } from '../letter-view.ts';

/** Why an edited value can't be sent, and where in it. */
export type EditRefusal = { readonly where: string; readonly sentence: string };

type Edited = {
  readonly before: string;
  readonly after: string;
  /** Whether the new event's id has its place. */
  readonly hasId: boolean;
  /** Paths in the value where it has to stand. */
  readonly paths: readonly string[];
  /** The record as it would go out, but for its headers. */
  readonly edited: HistoryRecord & { readonly value: Uint8Array };
};

type Asked = {
  readonly contract: EngineContract;
  readonly read: (record: HistoryRecord) => Promise<Reading>;
  /** Of a batch of the target; null: the broker does not tell. */
  readonly mostBytes: number | null;
};

/** Under what brokers take unless somebody sets it (`message.max.bytes`). */
const USUAL_BYTES = 1_000_000;
/** What a batch has beside its record: its own header, and those that name what is corrected, with the longest reason. */
const BESIDE_BYTES = 8_000;

/** Holds an edited value against what can be told before it is sent. What the contract can't be asked now is no yes. */
export async function refusalOf(
  { contract, read, mostBytes }: Asked,
  edit: Edited,
): Promise<{ readonly refusal: EditRefusal | null; readonly reading: Reading | null }> {
  const early =
    unchanged(edit) ??
    tooLarge(edit, mostBytes ?? USUAL_BYTES) ??
    broken(contract, edit) ??
    doubled(contract, edit) ??
    withoutId(edit) ??
    rekeyed(contract, edit) ??
    sealed(contract, edit);
  if (early !== null) return { refusal: early, reading: null };
  const reading = await read(edit.edited);
  if (reading.outcome === 'reads' || reading.outcome === 'filtered') return { refusal: null, reading };
  const where = reading.step ?? 'contract';
  const sentence =
    reading.outcome === 'fails'
      ? `The contract refuses it as well: ${reading.sentence}`
      : `The contract can’t be asked about it now: ${reading.sentence}`;
  return { refusal: { where, sentence }, reading };
}

const unchanged = ({ before, after }: Edited): EditRefusal | null =>
  before === after
    ? { where: 'value', sentence: 'Nothing was changed: to send it as it is, send the letter again.' }
    : null;

function tooLarge({ edited: { key, headers, value } }: Edited, most: number): EditRefusal | null {
  const named = Object.entries(headers ?? {}).reduce(
    (sum, [name, header]) => sum + name.length + (header?.length ?? 0) + 10,
    0,
  );
  const bytes = value.length + (key?.length ?? 0) + named + BESIDE_BYTES;
  if (bytes <= most) return null;
  const over = grouped(bytes - most);
  return {
    where: 'size',
    sentence: `It is ${over} bytes too large: its topic takes ${grouped(most)} with key and headers.`,
  };
}

const isJson = ({ history }: EngineContract, { paths }: Edited): boolean =>
  history.kind !== 'kafka' || history.format.kind === 'json' || paths.length > 0;

/** Where the contract reads another format the decoder says so itself. */
function broken(contract: EngineContract, edit: Edited): EditRefusal | null {
  const place = isJson(contract, edit) ? whereJsonBreaks(edit.after) : null;
  if (place === null) return null;
  const where = `line ${place.line}, column ${place.column}`;
  return { where, sentence: `The value is no JSON from ${where} on.` };
}

/** Of two members of one name readers take one, and not all the same (RFC 8259, section 4): neither preview nor approver would see the other. */
function doubled(contract: EngineContract, edit: Edited): EditRefusal | null {
  const found = isJson(contract, edit) ? doubledName(edit.after) : null;
  if (found === null) return null;
  const where = `line ${found.line}, column ${found.column}`;
  return {
    where,
    sentence: `An object has ${JSON.stringify(found.name)} twice, the second at ${where}: only one of them would be read. Leave one.`,
  };
}

const withoutId = ({ hasId, paths }: Edited): EditRefusal | null =>
  hasId
    ? null
    : {
        where: paths.join(', '),
        sentence: `There is no plain text at ${paths.join(', ')}, where the new event’s id takes the place of the old: leave it as it was.`,
      };

/** An edit corrects an event of the same key: what another key has is for its service to correct. */
function rekeyed({ ordering }: EngineContract, { before, after, edited }: Edited): EditRefusal | null {
  const [old, now] = [before, after].map((text) => valueAt([ordering.key], text, edited));
  if (ordering.key.from !== 'value' || old === now) return null;
  return {
    where: ordering.key.path,
    sentence: `Its ordering key at ${ordering.key.path} is another: an edit corrects an event of the same key.`,
  };
}

/** Reprise encrypts nothing, so what is encrypted for somebody stays as it is. */
function sealed(
  { erasure, envelope }: EngineContract,
  { before, after, edited }: Edited,
): EditRefusal | null {
  if (erasure === null) return null;
  for (const field of erasure.fields) {
    const [old, now] = [before, after].map((text) =>
      valueAt([envelope.data, { from: 'value', path: field }], text, edited),
    );
    if (now !== undefined && old !== now)
      return {
        where: field,
        sentence: `${field} is encrypted for each subject, and Reprise encrypts nothing: leave it as it was, or take it out.`,
      };
  }
  return null;
}

/** What stands where these lead one after the other, as JSON; undefined: nothing, or the text is no JSON. */
function valueAt(selectors: readonly Selector[], text: string, record: HistoryRecord): string | undefined {
  try {
    const at = selectors.reduce<unknown>(
      (value, selector) => compileSelector(selector)(record, value),
      JSON.parse(text),
    );
    return at === undefined || at === null ? undefined : JSON.stringify(at);
  } catch {
    return undefined;
  }
}
