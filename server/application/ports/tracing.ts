/** Figures and names, and never a value that was read from a history, typed by a person or kept secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Tells an OpenTelemetry collector how long what took. */
export interface Tracing {
  /** Does the work within a span, below the one that it is called in; `parent` is a W3C traceparent of who asks. */
  span<T>(
    name: string,
    attributes: SpanAttributes,
    work: () => Promise<T>,
    parent?: string | null,
  ): Promise<T>;
  /** Sends what is left. */
  close(): Promise<void>;
}
