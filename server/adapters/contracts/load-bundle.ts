import { constants, createContext, runInContext, Script } from 'node:vm';
import { RepriseError } from '../../domain/shared/errors.ts';
import { closeImpureDoors, freezeSharedState } from './deterministic-environment.ts';

/** A bundle is evaluated within this bound; a module that takes longer does something else than declare. */
const LOAD_TIMEOUT_MS = 10_000;

const openEnvironment = new Script(closeImpureDoors, { filename: 'reprise:environment' });
const closeEnvironment = new Script(freezeSharedState, { filename: 'reprise:freeze' });

/**
 * Evaluates a bundle in a context of its own, without clock, randomness, timers, IO and the machine's locale, and
 * answers its default export. Values and functions of the contract stay in that context: a call that reaches for
 * one of those throws an error whose `name` is 'ImpureCall' and whose message names what was called. The errors
 * are of the context's own classes, so `instanceof Error` is false for them outside.
 *
 * Throws RepriseError projection-impure where the module itself does so, contract-invalid where it fails
 * otherwise or exports nothing.
 */
export function evaluateBundle(bytes: Uint8Array, file: string, timeoutMs = LOAD_TIMEOUT_MS): unknown {
  // An ordinary global object: one with interceptors could not be frozen, and every look-up would be slower.
  const context = createContext(constants.DONT_CONTEXTIFY, {
    name: file,
    // zod compiles its object schemas, which makes them several times as fast.
    codeGeneration: { strings: true, wasm: false },
  });
  try {
    openEnvironment.runInContext(context);
    // Called in here too, or the bound would be on reading the module and not on running it.
    const source = `((module) => {
      (function (module, exports) {${new TextDecoder().decode(bytes)}\n})(module, module.exports);
      return module.exports;
    })({ exports: {} })`;
    const exports: unknown = runInContext(source, context, { filename: file, timeout: timeoutMs });
    closeEnvironment.runInContext(context);
    return typeof exports === 'object' && exports !== null && 'default' in exports
      ? exports.default
      : undefined;
  } catch (error) {
    const { name, message } = nameAndMessage(error);
    if (/^Script execution timed out/.test(message)) {
      const sentence = `${file} was still being loaded after ${timeoutMs} ms: a contract declares, and computes nothing yet.`;
      throw new RepriseError('contract-invalid', sentence, { where: file });
    }
    if (name === 'ImpureCall')
      throw new RepriseError('projection-impure', `${file} can't be loaded: ${message}.`, { where: file });
    throw new RepriseError('contract-invalid', `${file} failed while it was loaded: ${name}: ${message}`, {
      where: file,
    });
  }
}

/** Of an error of any context. */
function nameAndMessage(error: unknown): { name: string; message: string } {
  if (typeof error !== 'object' || error === null) return { name: 'Error', message: String(error) };
  const { name, message } = error as { name?: unknown; message?: unknown };
  return { name: String(name ?? 'Error'), message: String(message ?? '') };
}
