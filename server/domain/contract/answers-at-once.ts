/**
 * Whether a contract's functions answer at once. F is folded synchronously: a promise would be taken for a state,
 * and what happens after it for nothing at all. What can't be seen here, a function that makes a promise without
 * being async, is refused where it is called.
 */

const atOnce = /^\[object Function\]$/;
/**
 * The bundler writes `async (x) => …` as `(x) => __async(…)`: parameters, then nothing but the helper. Parameters
 * that are more than names are moved into the helper's own function, so none of them hold a parenthesis here.
 */
const bundledAsync = /^[^()=]*(?:\([^()]*\))?\s*(?:=>|\{\s*return)\s*__async(?:Generator)?\(/;

export const notAtOnce = 'has to answer at once: it can be neither async nor a generator';

/** False for anything that is no function, too: that is another mistake. */
export function isDeferred(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  // By its tag, since it comes from another realm.
  if (!atOnce.test(Object.prototype.toString.call(value))) return true;
  return bundledAsync.test(Function.prototype.toString.call(value));
}

/** Whether a zod schema holds an async refinement or transformation, as far as its definition shows its functions. */
export function isDeferredSchema(schema: unknown): boolean {
  return holdsDeferred(schema, new Set());
}

function holdsDeferred(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value === 'function') return isDeferred(value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  seen.add(value);
  if (Array.isArray(value)) return value.some((each) => holdsDeferred(each, seen));
  const internals = memberOf(value, '_zod');
  if (internals === undefined) {
    return Object.keys(value).some((name) => holdsDeferred(memberOf(value, name), seen));
  }
  const definition = memberOf(internals, 'def');
  const kind = memberOf(definition, 'type');
  if (kind === 'promise') return true;
  return holdsDeferred(definition, seen) || (kind === 'lazy' && holdsDeferred(innerOf(definition), seen));
}

/** A definition's members may be getters over the contract's own code, and that may throw. */
function memberOf(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | undefined)?.[name];
  } catch {
    return undefined;
  }
}

function innerOf(definition: unknown): unknown {
  const getter = memberOf(definition, 'getter');
  try {
    return typeof getter === 'function' ? getter() : undefined;
  } catch {
    return undefined;
  }
}
