import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { SpanAttributes, Tracing } from '../../application/ports/tracing.ts';
import type { Transaction, UnitOfWork } from '../../application/ports/unit-of-work.ts';
import { RepriseError } from '../../domain/shared/errors.ts';

export type TracingSettings = {
  /** Of the collector; spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  /** May hold a token: never log it. */
  readonly headers: Readonly<Record<string, string>>;
};

const none: Tracing = { span: (_name, _attributes, work) => work(), close: async () => undefined };

/** Without a collector nothing is traced, and nothing is paid for it. */
export function openTracing(
  settings: TracingSettings | null,
  process: { readonly name: string; readonly version: string },
): Tracing {
  if (settings === null) return none;
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
    // A collector that is away must not keep a process from ending.
    close: () => provider.shutdown().catch(() => undefined),
  };
}

/** What is done with Reprise's own database, as spans below whatever does it. */
export function tracedUnitOfWork(unitOfWork: UnitOfWork, tracing: Tracing): UnitOfWork {
  if (tracing === none) return unitOfWork;
  return {
    run: (work, options) =>
      // By itself a loop that looks for work every second would be all that anybody sees.
      trace.getActiveSpan() === undefined
        ? unitOfWork.run(work, options)
        : tracing.span('transaction', { 'db.system.name': 'postgresql' }, () =>
            unitOfWork.run((tx) => work(tracedTransaction(tx, tracing)), options),
          ),
  };
}

function tracedTransaction(tx: Transaction, tracing: Tracing): Transaction {
  const about = (statement: string): SpanAttributes => ({
    'db.system.name': 'postgresql',
    // Its values are apart from it, and stay here.
    'db.query.text': statement.replace(/\s+/g, ' ').slice(0, 500),
  });
  return {
    query: (text, values) => tracing.span(firstWord(text), about(text), () => tx.query(text, values)),
    copyIn: (statement, chunks) => tracing.span('COPY', about(statement), () => tx.copyIn(statement, chunks)),
  };
}

const firstWord = (statement: string) => /[A-Za-z]+/.exec(statement)?.[0]?.toUpperCase() ?? 'SQL';
