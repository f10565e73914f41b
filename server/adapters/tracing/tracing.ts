import type { SpanAttributes, Tracing } from '../../application/ports/tracing.ts';
import type { Transaction, UnitOfWork } from '../../application/ports/unit-of-work.ts';

export type TracingSettings = {
  /** Of the collector; spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  /** May hold a token: never log it. */
  readonly headers: Readonly<Record<string, string>>;
};

/** `isWithin`: whether whoever calls it does so within a span. */
export type Spans = Tracing & { isWithin(): Promise<boolean> };

const none: Spans = {
  span: (_name, _attributes, work) => work(),
  isWithin: async () => false,
  close: async () => undefined,
};

/**
 * Without a collector nothing is traced, and nothing is paid for it: OpenTelemetry takes a dozen megabytes in every
 * thread, and is loaded only where there is one.
 */
export function openTracing(
  settings: TracingSettings | null,
  process: { readonly name: string; readonly version: string },
): Spans {
  if (settings === null) return none;
  const opening = import('./otel-tracing.ts').then(({ openSpans }) => openSpans(settings, process));
  return {
    span: async (...asked) => (await opening).span(...asked),
    isWithin: async () => (await opening).isWithin(),
    // Nothing that is wrong with tracing keeps a process from ending.
    close: () => opening.then((spans) => spans.close()).catch(() => undefined),
  };
}

/** What is done with Reprise's own database, as spans below whatever does it. */
export function tracedUnitOfWork(unitOfWork: UnitOfWork, tracing: Spans): UnitOfWork {
  if (tracing === none) return unitOfWork;
  return {
    run: async (work, options) =>
      // By itself a loop that looks for work every second would be all that anybody sees.
      (await tracing.isWithin())
        ? tracing.span('transaction', { 'db.system.name': 'postgresql' }, () =>
            unitOfWork.run((tx) => work(tracedTransaction(tx, tracing)), options),
          )
        : unitOfWork.run(work, options),
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
