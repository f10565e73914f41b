import type { KafkaMessage } from 'kafkajs';
import { headers } from '../../layout.ts';
import { type ReadEvent, Unusable } from './profiles.ts';

/** A record of the topic as an event. @throws Unusable naming what is missing or malformed. */
export function readMessage(message: KafkaMessage): ReadEvent {
  const id = textOf(message, headers.id);
  const type = textOf(message, headers.type);
  const version = Number(textOf(message, headers.version));
  if (!Number.isInteger(version))
    throw new Unusable('undecodable', `header ${headers.version} is not a number`);
  if (message.key === null) throw new Unusable('undecodable', 'the record has no key');
  return { id, type, version, sku: message.key.toString('utf8'), data: readValue(message) };
}

function readValue(message: KafkaMessage): ReadEvent['data'] {
  if (message.value === null) throw new Unusable('undecodable', 'the record has no value');
  let value: unknown;
  try {
    value = JSON.parse(message.value.toString('utf8'));
  } catch (error) {
    throw new Unusable('undecodable', error instanceof Error ? error.message : 'the value is not JSON');
  }
  if (!isObject(value)) throw new Unusable('undecodable', 'the value is not a JSON object');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(message: KafkaMessage, name: string): string {
  const found = message.headers?.[name];
  const first = Array.isArray(found) ? found[0] : found;
  if (first === undefined || first.length === 0)
    throw new Unusable('undecodable', `header ${name} is missing`);
  return first.toString();
}
