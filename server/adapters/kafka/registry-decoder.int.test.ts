import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type RunningRegistry, startRegistry, whyNoRegistry } from '../../../demo/infra/registry.ts';
import type { ValueDecoder } from '../../application/ports/history.ts';
import type { Format } from '../../domain/contract/index.ts';
import { type HistoryRecord, stateProblem } from '../../domain/replay/index.ts';
import { type BrokerUnderTest, collect, connect } from './broker-under-test.ts';
import { registryDecoder } from './registry-on-demand.ts';

const absent = inject('kafkaBrokers') === '' ? 'no broker' : whyNoRegistry();
if (absent !== null) process.stdout.write(`NOT RUN: decoding through a schema registry: ${absent}.\n`);

const order = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'amount', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
} as const;

const proto = `
syntax = "proto3";
package shop;
enum Kind { PAID = 0; REFUNDED = 1; }
message First { string id = 1; int64 amount = 2; Kind kind = 3; bytes blob = 4; }
message Second { message Inner { int32 x = 1; } Inner inner = 1; repeated string tags = 2; }
`;

describe.runIf(absent === null)('values in a schema registry’s format', () => {
  let running: RunningRegistry;
  let registry: SchemaRegistry;
  let broker: BrokerUnderTest;

  beforeAll(async () => {
    running = await startRegistry({
      stateDir: resolve('.reprise/test/registry'),
      log: (line) => console.log(line),
    });
    registry = new SchemaRegistry({ host: running.url });
    broker = await connect(inject('kafkaBrokers'), { registryUrl: running.url });
  }, 400_000);
  afterAll(async () => {
    await broker.close();
    await running.stop();
  });

  const register = async (type: 'AVRO' | 'PROTOBUF' | 'JSON', schema: string): Promise<number> => {
    const response = await fetch(`${running.url}/subjects/s-${crypto.randomUUID()}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schemaType: type, schema }),
    });
    const answer: unknown = await response.json();
    if (typeof answer === 'object' && answer !== null && 'id' in answer) return Number(answer.id);
    throw new Error(`not registered: ${JSON.stringify(answer)}`);
  };
  const framed = (id: number, payload: Uint8Array | readonly number[]): Buffer => {
    const head = Buffer.alloc(5);
    head.writeInt32BE(id, 1);
    return Buffer.concat([head, Buffer.from(payload)]);
  };
  const record = (value: Buffer): HistoryRecord => ({
    offset: 0,
    timestampMs: 0,
    key: null,
    value,
    headers: null,
  });
  const decodeAll = async (decoder: ValueDecoder, values: readonly Buffer[]): Promise<unknown[]> => {
    const records = values.map(record);
    await decoder.prepare({ partition: 0, records, absences: [], next: 1 });
    return records.map((r) => {
      try {
        return decoder.decode(r);
      } catch (error) {
        return error instanceof Error ? error.message : error;
      }
    });
  };
  const decoderOf = (schemas: Extract<Format, { kind: 'registry' }>['schemas']) =>
    registryDecoder(schemas, running.url);

  it('are read with the schema that each names: Avro, Protobuf and JSON Schema through one topic', async () => {
    const { id: avro } = await registry.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(order) },
      { subject: 'a' },
    );
    const json = await register(
      'JSON',
      JSON.stringify({ type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }),
    );
    const protobuf = await register(
      'PROTOBUF',
      proto.replace(/enum[^\n]*\n/, '').replace('Kind kind', 'int32 kind'),
    );
    const topic = await broker.topic(1, { 'compression.type': 'zstd' });
    const values = [
      await registry.encode(avro, { id: 'o-1', amount: 12, note: 'x' }),
      framed(json, Buffer.from('{"id":"o-2"}')),
      framed(protobuf, [0, 0x0a, 3, 0x6f, 0x2d, 0x33, 0x10, 34]),
    ];
    await broker.producer.send({ topic, messages: values.map((value) => ({ key: 'k', value })) });
    const { reader, decoder } = await broker.adapter.openHistory(
      broker.contract(topic, { format: { kind: 'registry', schemas: 'any' } }),
    );
    const { records } = await collect(reader);
    const read = records.get(0) ?? [];
    await decoder.prepare({ partition: 0, records: read, absences: [], next: 3 });
    expect(read.map((r) => decoder.decode(r))).toEqual([
      { id: 'o-1', amount: 12, note: 'x' },
      { id: 'o-2' },
      { id: 'o-3', amount: 34, kind: 0, blob: '' },
    ]);
  });

  it('are read by all who ask first at the same time', async () => {
    const [one, two] = [
      await register('AVRO', JSON.stringify(order)),
      await register('JSON', JSON.stringify({ type: 'object', properties: { id: { type: 'string' } } })),
    ];
    const encoded = await registry.encode(one, { id: 'o-1', amount: 12, note: 'x' });
    const decoder = decoderOf('any');
    const both = await Promise.all([
      decodeAll(decoder, [encoded]),
      decodeAll(decoder, [framed(two, Buffer.from('{"id":"o-2"}'))]),
    ]);
    expect(both).toEqual([[{ id: 'o-1', amount: 12, note: 'x' }], [{ id: 'o-2' }]]);
  });

  it('keep an Avro schema’s reader apart from its writer: each version is read as it was written', async () => {
    const first = await register('AVRO', JSON.stringify(order));
    const second = await register(
      'AVRO',
      JSON.stringify({
        ...order,
        fields: [...order.fields, { name: 'currency', type: 'string', default: 'EUR' }],
      }),
    );
    const values = [
      await registry.encode(first, { id: 'a', amount: 1, note: null }),
      await registry.encode(second, { id: 'b', amount: 2, note: null, currency: 'USD' }),
    ];
    expect(await decodeAll(decoderOf('avro'), values)).toEqual([
      { id: 'a', amount: 1, note: null },
      { id: 'b', amount: 2, note: null, currency: 'USD' },
    ]);
  });

  it('of a JSON Schema keep every digit and letter, or say that they are not UTF-8', async () => {
    const id = await register(
      'JSON',
      JSON.stringify({ type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string' } } }),
    );
    const decoded = await decodeAll(decoderOf('any'), [
      framed(id, Buffer.from('{"id":1234567890123456789,"name":"Zoë"}')),
      framed(id, Buffer.from('{"id":1,"name":"Zoë"}')),
      framed(id, Buffer.from('{"id":1,"name":"Zoë"}', 'latin1')),
    ]);
    expect(decoded).toEqual([
      { id: '1234567890123456789', name: 'Zoë' },
      { id: 1, name: 'Zoë' },
      expect.stringContaining('The value is not UTF-8.'),
    ]);
  });

  it('are plain JSON also where Avro has records, named unions and bytes in them', async () => {
    const id = await register(
      'AVRO',
      JSON.stringify({
        ...order,
        fields: [
          {
            name: 'place',
            type: { type: 'record', name: 'Place', fields: [{ name: 'code', type: 'string' }] },
          },
          { name: 'places', type: { type: 'array', items: 'shop.Place' } },
          { name: 'byName', type: { type: 'map', values: 'shop.Place' } },
          {
            name: 'paid',
            type: ['null', 'shop.Place', { type: 'record', name: 'Card', fields: [] }],
            default: null,
          },
          { name: 'image', type: 'bytes' },
        ],
      }),
    );
    const place = { code: 'D1' };
    const [decoded] = await decodeAll(decoderOf('avro'), [
      await registry.encode(id, {
        place,
        places: [place],
        byName: { a: place },
        paid: { 'shop.Place': place },
        image: Buffer.from([0xff, 0]),
      }),
    ]);
    const plain = {
      place,
      places: [place],
      byName: { a: place },
      paid: { 'shop.Place': place },
      image: '/wA=',
    };
    expect(decoded).toStrictEqual(plain);
    expect(stateProblem(decoded, undefined), 'F may keep any part of it').toBeNull();
  });

  it('follow Protobuf’s message path: the second message, one nested in it, and a file that begins with an enum', async () => {
    const id = await register('PROTOBUF', proto);
    const big = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]; // 2^62
    const values = [
      framed(id, [0, 0x0a, 1, 0x61, 0x18, 1, 0x22, 2, 0xff, 0x00]),
      framed(id, [0]),
      framed(id, [2, 2, 0x0a, 2, 0x08, 7, 0x12, 1, 0x74]),
      framed(id, [4, 2, 0, 0x08, 9]),
      framed(id, [0, 0x10, ...big]),
      framed(id, [2, 8]),
      framed(id, [0, 0x0a, 9, 0x61]),
    ];
    const decoded = await decodeAll(decoderOf('protobuf'), values);
    expect(decoded.slice(0, 6)).toEqual([
      { id: 'a', amount: 0, kind: 'REFUNDED', blob: '/wA=' },
      { id: '', amount: 0, kind: 'PAID', blob: '' },
      { inner: { x: 7 }, tags: ['t'] },
      { x: 9 },
      { id: '', amount: '4611686018427387904', kind: 'PAID', blob: '' },
      `The value does not fit schema ${id} (protobuf): The schema has no message at [4].`,
    ]);
    expect(decoded[6]).toMatch(new RegExp(`^The value does not fit schema ${id} \\(protobuf\\): `));
  });

  it('are read where Protobuf’s own types are in them: their fields as they are, long ones exact', async () => {
    const id = await register(
      'PROTOBUF',
      `
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
message Paid {
  google.protobuf.Timestamp at = 1;
  google.protobuf.Duration took = 2;
  google.protobuf.Int64Value amount = 3;
  google.protobuf.Any detail = 4;
  google.protobuf.Struct extra = 5;
  google.protobuf.Empty nothing = 6;
  google.protobuf.FieldMask changed = 7;
}
`,
    );
    const big = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]; // 2^62
    const part = (field: number, bytes: readonly number[]) => [(field << 3) | 2, bytes.length, ...bytes];
    const text = (field: number, value: string) => part(field, [...Buffer.from(value)]);
    const paid = [
      ...part(1, [0x08, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0x10, 5]), // 1_000_000_000 s, 5 ns
      ...part(2, [0x08, ...big]),
      ...part(3, [0x08, 7]),
      ...part(4, [...text(1, 't'), ...part(2, [0xff])]),
      ...part(5, part(1, [...text(1, 'k'), ...part(2, text(3, 'v'))])),
      ...part(6, []),
      ...part(7, text(1, 'p')),
    ];
    expect(await decodeAll(decoderOf('protobuf'), [framed(id, [0, ...paid]), framed(id, [0])])).toEqual([
      {
        at: { seconds: 1_000_000_000, nanos: 5 },
        took: { seconds: '4611686018427387904', nanos: 0 },
        amount: { value: 7 },
        detail: { typeUrl: 't', value: '/w==' },
        extra: { fields: { k: { stringValue: 'v' } } },
        nothing: {},
        changed: { paths: ['p'] },
      },
      { at: null, took: null, amount: null, detail: null, extra: null, nothing: null, changed: null },
    ]);
  });

  it('keep a type of that name which the schema refers to', async () => {
    const subject = `s-${crypto.randomUUID()}`;
    const registerAs = (body: object, as = subject) =>
      fetch(`${running.url}/subjects/${as}/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schemaType: 'PROTOBUF', ...body }),
      }).then(async (answer) => (await answer.json()) as { id: number });
    await registerAs({
      schema:
        'syntax = "proto3"; package google.protobuf; message Timestamp { int64 seconds = 1; int32 nanos = 2; }',
    });
    const { id } = await registerAs(
      {
        schema:
          'syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto"; message Paid { google.protobuf.Timestamp at = 1; }',
        references: [{ name: 'google/protobuf/timestamp.proto', subject, version: 1 }],
      },
      `s-${crypto.randomUUID()}`,
    );
    expect(await decodeAll(decoderOf('protobuf'), [framed(id, [0, 0x0a, 2, 0x08, 3])])).toEqual([
      { at: { seconds: 3, nanos: 0 } },
    ]);
  });

  it('that can’t be read say why, and never quote the value', async () => {
    const avro = await register('AVRO', JSON.stringify(order));
    const json = await register(
      'JSON',
      JSON.stringify({ type: 'object', properties: { id: {} }, required: ['id'] }),
    );
    const values = [
      Buffer.from('{"secret":1}'),
      Buffer.from([0, 1]),
      framed(987_654, [1]),
      framed(avro, [2]),
      framed(avro, [2, 0x61, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0]), // amount 2^61
      framed(json, Buffer.from('{"secret":1}')),
      framed(json, Buffer.from('secret')),
    ];
    const decoded = await decodeAll(decoderOf('any'), values);
    expect(decoded).toEqual([
      'The value starts with byte 123 and not with the magic byte 0, so it was not written with a schema registry.',
      'The value has 2 bytes, and magic byte and schema id alone take 5.',
      'The schema registry knows no schema 987654.',
      expect.stringContaining(`does not fit schema ${avro} (avro): `),
      `The value does not fit schema ${avro} (avro): potential precision loss.`,
      expect.stringContaining(`does not fit schema ${json} (json-schema): `),
      `The value does not fit schema ${json} (json-schema): it is not JSON.`,
    ]);
    expect(JSON.stringify(decoded)).not.toContain('secret');
    expect(await decodeAll(decoderOf('protobuf'), [framed(avro, [2])])).toEqual([
      `Schema ${avro} is avro, and the contract expects protobuf.`,
    ]);
  });

  it('stop the replay where the registry can’t be reached, since its records are not undecodable', async () => {
    const decoder = registryDecoder('any', 'http://user:hidden@127.0.0.1:9');
    const prepared = decoder.prepare({
      partition: 0,
      records: [record(framed(1, [0]))],
      absences: [],
      next: 1,
    });
    await expect(prepared).rejects.toMatchObject({
      code: 'history-unavailable',
      where: 'http://127.0.0.1:9',
    });
    await expect(prepared).rejects.not.toMatchObject({ message: expect.stringContaining('hidden') });
  });

  describe('whose registry is in trouble for a while', () => {
    /** The registry with an answer of its own to some requests: a status, or null where it is asked. */
    const through = async (statusOf: (request: number) => number | null) => {
      let requests = 0;
      const server = createServer(async (request, response) => {
        requests += 1;
        const status = statusOf(requests);
        const found = status === null ? await fetch(`${running.url}${request.url}`) : null;
        response.statusCode = found?.status ?? status ?? 500;
        response.setHeader('content-type', 'application/json');
        response.end(found === null ? '{"error_code":1,"message":"trouble"}' : await found.text());
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const { port } = server.address() as AddressInfo;
      onTestFinished(() => void server.close());
      return { url: `http://127.0.0.1:${port}`, requests: () => requests };
    };

    it.each([1, 2, 3])(
      'stop the replay whichever request is the first that fails, and are read later: %i',
      async (first) => {
        const id = await register('PROTOBUF', proto);
        let isUp = false;
        const { url } = await through((request) => (isUp || request < first ? null : 503));
        const decoder = registryDecoder('protobuf', url);
        const value = framed(id, [0, 0x0a, 1, 0x61]);
        await expect(decodeAll(decoder, [value])).rejects.toMatchObject({ code: 'history-unavailable' });
        isUp = true;
        expect(await decodeAll(decoder, [value])).toMatchObject([{ id: 'a' }]);
      },
    );

    it('ask again after a minute for a schema that it did not know', async () => {
      const id = await register('AVRO', JSON.stringify(order));
      const { url, requests } = await through((request) => (request === 1 ? 404 : null));
      let nowMs = 0;
      const decoder = registryDecoder('any', url, () => nowMs);
      const value = await registry.encode(id, { id: 'a', amount: 1, note: null });
      expect(await decodeAll(decoder, [value])).toEqual([`The schema registry knows no schema ${id}.`]);
      nowMs = 59_000;
      expect(await decodeAll(decoder, [value])).toEqual([`The schema registry knows no schema ${id}.`]);
      expect(requests()).toBe(1);
      nowMs = 61_000;
      expect(await decodeAll(decoder, [value])).toEqual([{ id: 'a', amount: 1, note: null }]);
    });
  });
});
