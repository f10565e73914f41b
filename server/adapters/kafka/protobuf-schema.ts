import type { ProtobufRoot } from './protobuf-well-known.ts';

/**
 * Protobuf in Confluent's wire format: after the schema id stands the path of message indexes in the schema's file
 * (docs.confluent.io, "Wire Format"). `@kafkajs/confluent-schema-registry` skips that path and takes every record
 * for the first message of the file, so that the path is followed here, on the types that it has parsed.
 */
type ProtobufType = ProtobufScope & {
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options: object): unknown;
  readonly parent: ProtobufScope | null;
  readonly root: ProtobufRoot;
};
type ProtobufScope = { readonly nestedArray: readonly unknown[] };

export type ProtobufSchema = { readonly message: ProtobufType };

export function isProtobufSchema(schema: unknown): schema is ProtobufSchema {
  return isObject(schema) && isProtobufType(schema.message);
}

/** Names of enums; bytes as base64; absent scalars at their default, as proto3's JSON mapping has it. */
const plain = { enums: String, bytes: String, defaults: true, arrays: true, objects: true };

/** The payload after magic byte and schema id. Throws a sentence where it can't be read. */
export function decodeProtobuf(schema: ProtobufSchema, payload: Buffer): unknown {
  const { path, next } = readPath(payload);
  let scope = schema.message.parent ?? schema.message;
  let found: ProtobufType | undefined;
  for (const index of path) {
    found = scope.nestedArray.filter(isProtobufType)[index];
    if (found === undefined) throw new Error(`The schema has no message at [${path.join(', ')}].`);
    scope = found;
  }
  if (found === undefined) throw new Error('The value names no message of its schema.');
  // A Uint8Array that is no Buffer: protobufjs's reader for Buffers cuts a string at the end without a word.
  const message = new Uint8Array(payload.buffer, payload.byteOffset + next, payload.length - next);
  return withNumbers(found.toObject(found.decode(message), plain));
}

/** A count and so many indexes, zigzag varints; the usual [0] is written as the single byte 0. */
function readPath(payload: Buffer): { path: readonly number[]; next: number } {
  let next = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = payload[next++];
      if (byte === undefined) throw new Error('The value ends before its message begins.');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return (value >>> 1) ^ -(value & 1);
  };
  const count = varint();
  if (count === 0) return { path: [0], next };
  if (count < 0 || count > 32) throw new Error('The value has no message path where one belongs.');
  const path = Array.from({ length: count }, varint);
  return { path, next };
}

/** 64-bit integers become numbers where a number holds them exactly, and decimal text where none does. */
function withNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNumbers);
  if (!isObject(value)) return value;
  if (isLong(value)) {
    const number = value.toNumber();
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  for (const name of Object.keys(value)) value[name] = withNumbers(value[name]);
  return value;
}

type Long = { toNumber(): number; toString(): string };

function isLong(value: object): value is Long {
  return 'low' in value && 'high' in value && 'toNumber' in value && typeof value.toNumber === 'function';
}

function isProtobufType(value: unknown): value is ProtobufType {
  return isObject(value) && typeof value.decode === 'function' && typeof value.toObject === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
