/** The schema's id in Confluent's wire format (a zero byte, the id as int32, the payload); null where it is none. */
export function schemaIdOf(value: Uint8Array): number | null {
  if (value.length < 5 || value[0] !== 0) return null;
  return ((value[1] ?? 0) << 24) | ((value[2] ?? 0) << 16) | ((value[3] ?? 0) << 8) | (value[4] ?? 0);
}

/** Why bytes are not in it. */
export function missingFrame(value: Uint8Array): string {
  if (value.length < 5)
    return `The value has ${value.length} bytes, and magic byte and schema id alone take 5.`;
  return `The value starts with byte ${value[0]} and not with the magic byte 0, so it was not written with a schema registry.`;
}
