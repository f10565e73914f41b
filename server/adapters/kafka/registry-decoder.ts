import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { ValueDecoder } from '../../application/ports/history.ts';
import type { Format } from '../../domain/contract/index.ts';
import type { RepriseError } from '../../domain/shared/errors.ts';
import { rootMessages, unavailable } from './failures.ts';
import { parseJson, wouldAlter } from './json-decoder.ts';
import { decodeProtobuf, isProtobufSchema } from './protobuf-schema.ts';
import { addWellKnownTypes } from './protobuf-well-known.ts';
import { missingFrame, schemaIdOf } from './wire-format.ts';

type Wanted = Extract<Format, { kind: 'registry' }>['schemas'];
/** A schema that is ready, or the sentence that says why every record with it can't be decoded. */
type Entry =
  | { readonly decode: (payload: Buffer) => unknown }
  | { readonly problem: string; readonly untilMs?: number };
type FromBuffer = { fromBuffer(bytes: Buffer): unknown };

const names = { AVRO: 'avro', PROTOBUF: 'protobuf', JSON: 'json-schema' } as const;
const NOT_FOUND = 404;
/** A schema can be registered after its first record, or restored: for so long nobody asks for it again. */
const UNKNOWN_MS = 60_000;

/**
 * Confluent's wire format: a zero byte, the schema's id (int32), the payload. `prepare` asks the registry once for
 * each id that it has not seen; a registry that can't be reached stops the replay (history-unavailable), since to
 * take its records for undecodable would be wrong. An id that the registry does not know is a fact about the
 * record, which is asked for again after a minute, and so is a schema that can't be read.
 */
export function createRegistryDecoder(
  wanted: Wanted,
  registryUrl: string,
  now: () => number = Date.now,
): ValueDecoder {
  const { host, auth } = toHost(registryUrl);
  const open = (messageName?: string): SchemaRegistry =>
    new SchemaRegistry(
      {
        host,
        retry: { retries: 3, initialRetryTimeInSecs: 0.2, maxRetryTimeInSecs: 5 },
        ...(auth ? { auth } : {}),
      },
      {
        [SchemaType.AVRO]: { omitRecordMethods: true },
        [SchemaType.JSON]: { strict: false, logger: false, validateFormats: false },
        ...(messageName === undefined ? {} : { [SchemaType.PROTOBUF]: { messageName } }),
      },
    );
  const registry = open();
  const entries = new Map<number, Entry>();

  const notAsked = (id: number, error: unknown): RepriseError => {
    const status = statusOf(error);
    const why = `${rootMessages(error)}${status === null ? '' : ` (HTTP ${status})`}`;
    return unavailable(
      `The schema registry at ${host} could not be asked for schema ${id}: ${why}`,
      host,
      error,
    );
  };

  const load = async (id: number): Promise<Entry> => {
    try {
      return toEntry(id, wanted, registry, await registry.getSchema(id));
    } catch (error) {
      const status = statusOf(error);
      if (status === NOT_FOUND)
        return { problem: `The schema registry knows no schema ${id}.`, untilMs: now() + UNKNOWN_MS };
      if (status !== null) throw notAsked(id, error);
      const raw = await rawSchema(host, auth, id).catch((cause: unknown) => {
        throw notAsked(id, cause);
      });
      return await loadByName(id, raw, error);
    }
  };

  // The library takes the first name in a Protobuf file for a message, and fails where that is an enum.
  const loadByName = async (id: number, raw: RawSchema, why: unknown): Promise<Entry> => {
    const problem = { problem: `Schema ${id} can't be read: ${rootMessages(why)}.` };
    const message = firstMessage(raw);
    if (message === null) return problem;
    const named = open(message);
    return named.getSchema(id).then(
      (schema) => toEntry(id, wanted, named, schema),
      (error: unknown) => {
        // The registry has just given it: any status is trouble on the way, and says nothing about the schema.
        if (statusOf(error) !== null) throw notAsked(id, error);
        return problem;
      },
    );
  };

  return {
    prepare: async (batch) => {
      const unknown = new Set<number>();
      for (const { value } of batch.records) {
        const id = value === null ? null : schemaIdOf(value);
        if (id !== null && !isKept(entries.get(id), now())) unknown.add(id);
      }
      await Promise.all([...unknown].map(async (id) => void entries.set(id, await load(id))));
    },
    decode: (record) => {
      const value = record.value ?? new Uint8Array();
      const id = schemaIdOf(value);
      if (id === null) throw new Error(missingFrame(value));
      const entry = entries.get(id);
      if (entry === undefined) throw new Error(`Schema ${id} was not prepared.`);
      if ('problem' in entry) throw new Error(entry.problem);
      return entry.decode(Buffer.from(value.buffer, value.byteOffset + 5, value.byteLength - 5));
    },
  };
}

function toEntry(id: number, wanted: Wanted, registry: SchemaRegistry, schema: FromBuffer): Entry {
  const type = registry.cache.getSchema(id)?.type;
  const name = type === undefined || type === SchemaType.UNKNOWN ? 'unknown' : names[type];
  if (wanted !== 'any' && name !== wanted) {
    return { problem: `Schema ${id} is ${name}, and the contract expects ${wanted}.` };
  }
  const decode = decoderOf(schema, name);
  return {
    decode: (payload) => {
      try {
        return decode(payload);
      } catch (error) {
        // Without the cause: a decoder may quote the payload, and only its kind of mistake is needed.
        throw new Error(`The value does not fit schema ${id} (${name}): ${mistake(error)}`);
      }
    },
  };
}

function decoderOf(schema: FromBuffer, name: string): (payload: Buffer) => unknown {
  if (isProtobufSchema(schema)) {
    addWellKnownTypes(schema.message.root);
    return (payload) => decodeProtobuf(schema, payload);
  }
  if (name === 'avro') return (payload) => plainOf(schema.fromBuffer(payload));
  return (payload) => {
    const value = schema.fromBuffer(payload);
    // The library validates what a plain JSON.parse has read.
    return name === 'json-schema' && wouldAlter(payload) ? parseJson(payload) : value;
  };
}

/**
 * The value as JSON has it, bytes in base64 as Protobuf's are. The Avro library makes an instance of a class for
 * each record and each named branch of a union, and those are no states and no records to a schema.
 */
function plainOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(plainOf);
  const plain: Record<string, unknown> = {};
  for (const name of Object.keys(value)) plain[name] = plainOf((value as Record<string, unknown>)[name]);
  return plain;
}

function mistake(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not JSON.';
  const paths = error instanceof Error && 'paths' in error && Array.isArray(error.paths) ? error.paths : null;
  if (paths !== null) return `invalid at ${paths.map((p: unknown) => JSON.stringify(p)).join(', ')}.`;
  return `${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}.`;
}

type Auth = { readonly username: string; readonly password: string };

function toHost(registryUrl: string): { host: string; auth: Auth | null } {
  const url = new URL(registryUrl);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const host = url.toString().replace(/\/$/, '');
  if (username === '') return { host, auth: null };
  return { host, auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } };
}

function isKept(entry: Entry | undefined, nowMs: number): boolean {
  if (entry === undefined) return false;
  return !('problem' in entry) || entry.untilMs === undefined || nowMs < entry.untilMs;
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : null;
}

type RawSchema = { readonly schema?: unknown; readonly schemaType?: unknown };

/** Name of the first top-level message in a Protobuf file; null where there is none, or the schema is no Protobuf. */
function firstMessage(raw: RawSchema): string | null {
  if (raw.schemaType !== 'PROTOBUF' || typeof raw.schema !== 'string') return null;
  const text = raw.schema.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
  return /^\s*message\s+(\w+)/m.exec(text)?.[1] ?? null;
}

/** Throws where the registry gives anything but the schema. */
async function rawSchema(host: string, auth: Auth | null, id: number): Promise<RawSchema> {
  const credentials = auth && Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
  const headers: Record<string, string> =
    credentials === null ? {} : { authorization: `Basic ${credentials}` };
  const response = await fetch(`${host}/schemas/ids/${id}`, {
    headers,
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`it answers HTTP ${response.status}`);
  return (await response.json()) as RawSchema;
}
