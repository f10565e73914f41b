/** Structured log lines. Fields hold ids, counts and codes, and never payloads or secrets. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, sentence: string): void;
  warn(fields: Readonly<Record<string, unknown>>, sentence: string): void;
  error(fields: Readonly<Record<string, unknown>>, sentence: string): void;
}
