import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Spans, TracingSettings } from './tracing.ts';

export function openSpans(
  settings: TracingSettings,
  process: { readonly name: string; readonly version: string },
): Spans {
  // One for the process: whoever opened the first stays, and a second one does no harm.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const propagator = new W3CTraceContextPropagator();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'reprise',
      'service.version': process.version,
      'service.instance.id': process.name,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({
          url: `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`,
          headers: { ...settings.headers },
          timeoutMillis: 10_000,
        }),
      }),
    ],
  });
  const tracer = provider.getTracer('reprise', process.version);
  const parentOf = (traceparent: string | null | undefined) =>
    traceparent == null
      ? context.active()
      : propagator.extract(
          ROOT_CONTEXT,
          { traceparent },
          { get: (carrier, key) => carrier[key as 'traceparent'], keys: (carrier) => Object.keys(carrier) },
        );
  return {
    span: (name, attributes, work, parent) =>
      tracer.startActiveSpan(name, { attributes }, parentOf(parent), async (span) => {
        try {
          return await work();
        } catch (error) {
          // Its code and not its sentence: that may name what was read.
          const type =
            error instanceof RepriseError ? error.code : error instanceof Error ? error.name : 'unknown';
          span.setAttribute('error.type', type);
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      }),
    isWithin: async () => trace.getActiveSpan() !== undefined,
    // A collector that is away must not keep a process from ending.
    close: () => provider.shutdown().catch(() => undefined),
  };
}
