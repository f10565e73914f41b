/**
 * Protobuf's well-known types (protobuf.dev, "google.protobuf"), which a schema imports and does not bring along: every
 * compiler has them, and a registry names no reference for them. The library parses a schema without them.
 */
type Field = { readonly type: string; readonly id: number; readonly rule?: 'repeated' } & {
  readonly keyType?: string;
};
type Definition =
  | {
      readonly fields: Readonly<Record<string, Field>>;
      readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
    }
  | { readonly values: Readonly<Record<string, number>> };

type Namespace = {
  get(name: string): unknown;
  addJSON(definitions: Readonly<Record<string, Definition>>): unknown;
};
export type ProtobufRoot = { define(path: readonly string[]): Namespace };

const seconds: Definition = {
  fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } },
};
const wrapper = (type: string): Definition => ({ fields: { value: { type, id: 1 } } });

const definitions: Readonly<Record<string, Definition>> = {
  Timestamp: seconds,
  Duration: seconds,
  Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
  Empty: { fields: {} },
  FieldMask: { fields: { paths: { type: 'string', id: 1, rule: 'repeated' } } },
  DoubleValue: wrapper('double'),
  FloatValue: wrapper('float'),
  Int64Value: wrapper('int64'),
  UInt64Value: wrapper('uint64'),
  Int32Value: wrapper('int32'),
  UInt32Value: wrapper('uint32'),
  BoolValue: wrapper('bool'),
  StringValue: wrapper('string'),
  BytesValue: wrapper('bytes'),
  Struct: { fields: { fields: { keyType: 'string', type: 'Value', id: 1 } } },
  Value: {
    oneofs: {
      kind: {
        oneof: ['nullValue', 'numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue'],
      },
    },
    fields: {
      nullValue: { type: 'NullValue', id: 1 },
      numberValue: { type: 'double', id: 2 },
      stringValue: { type: 'string', id: 3 },
      boolValue: { type: 'bool', id: 4 },
      structValue: { type: 'Struct', id: 5 },
      listValue: { type: 'ListValue', id: 6 },
    },
  },
  NullValue: { values: { NULL_VALUE: 0 } },
  ListValue: { fields: { values: { type: 'Value', id: 1, rule: 'repeated' } } },
};

/** Adds those that a schema does not define itself. To be called before anything of it is decoded. */
export function addWellKnownTypes(root: ProtobufRoot): void {
  const known = root.define(['google', 'protobuf']);
  for (const [name, definition] of Object.entries(definitions))
    if (known.get(name) === null) known.addJSON({ [name]: definition });
}
