/**
 * Scripts that run inside a contract's context, where F lives. Before the bundle: everything that could make the
 * same history give another state is put out of reach. After it: what all calls share is frozen.
 *
 * This is hygiene for reviewed code, not a wall against hostile code (design.md, "Untrusted code").
 */

/** Makes calls to clocks, randomness, timers, IO and the machine's locale an error that is named ImpureCall. */
export const closeImpureDoors = String.raw`
'use strict';
(() => {
  const fail = (what) => {
    const error = new Error(what + ' is out of reach: a contract gives the same answer whenever and wherever it runs');
    error.name = 'ImpureCall';
    throw error;
  };
  const throwing = (what) => ({ [what]() { fail(what + '()'); } })[what];
  const define = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: false, enumerable: false, configurable: false });
  // Of an intrinsic, by assigning, and made final with all others afterwards: redefining makes V8 keep the object as a
  // dictionary, and then every loop over an array takes ten times as long.
  const replace = (target, name, value) => { target[name] = value; };

  // A call is an error; asking whether the thing exists is not.
  for (const name of ['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval',
    'clearImmediate', 'queueMicrotask', 'requestAnimationFrame', 'require', 'structuredClone', 'alert'])
    define(globalThis, name, throwing(name));
  for (const name of ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Worker', 'WebSocket',
    'XMLHttpRequest', 'EventSource', 'BroadcastChannel', 'MessageChannel'])
    define(globalThis, name, new Proxy(function () {}, {
      construct() { return fail('new ' + name + '()'); },
      apply() { return fail(name + '()'); },
    }));
  for (const name of ['process', 'performance', 'crypto', 'console', 'Intl', 'Atomics', 'WebAssembly', 'Buffer',
    'localStorage', 'sessionStorage', 'Temporal'])
    define(globalThis, name, new Proxy(Object.create(null), {
      get(_, key) { return typeof key === 'symbol' ? undefined : fail(name + '.' + key); },
      set() { return fail(name); },
    }));
  replace(Math, 'random', () => fail('Math.random()'));

  // A plain function, so that "x instanceof Promise", which zod asks at every value, stays cheap.
  const RealPromise = Promise;
  const noPromise = 'Promise (an async function makes one)';
  const NoPromise = function Promise() { fail(noPromise); };
  for (const name of Reflect.ownKeys(RealPromise))
    if (typeof RealPromise[name] === 'function') define(NoPromise, name, () => fail(noPromise));
  NoPromise.prototype = RealPromise.prototype;
  replace(RealPromise.prototype, 'constructor', NoPromise);
  define(globalThis, 'Promise', NoPromise);
  replace(Array, 'fromAsync', throwing('Array.fromAsync'));

  // Dates with an argument in UTC are data. The clock and the machine's time zone are not.
  const RealDate = Date;
  const instant = /^[+-]?\d{4,6}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
  const realParse = RealDate.parse;
  const parse = (text) => instant.test(text)
    ? realParse(text)
    : fail('Date.parse(' + JSON.stringify(String(text)) + ') (only ISO 8601 with a time zone)');
  const valueOf = RealDate.prototype.valueOf;
  const FixedDate = new Proxy(RealDate, {
    apply() { return fail('Date()'); },
    construct(target, args, newTarget) {
      if (args.length === 0) return fail('new Date()');
      if (args.length > 1) return fail('new Date(year, month, …) (local time; use Date.UTC)');
      const [value] = args;
      if (value instanceof RealDate) return Reflect.construct(target, [valueOf.call(value)], newTarget);
      return Reflect.construct(target, [typeof value === 'string' ? parse(value) : Number(value)], newTarget);
    },
  });
  replace(RealDate, 'now', () => fail('Date.now()'));
  replace(RealDate, 'parse', (text) => parse(String(text)));
  replace(RealDate.prototype, 'constructor', FixedDate);
  const local = ['getDate', 'getDay', 'getFullYear', 'getHours', 'getMilliseconds', 'getMinutes', 'getMonth',
    'getSeconds', 'getTimezoneOffset', 'getYear', 'setDate', 'setFullYear', 'setHours', 'setMilliseconds',
    'setMinutes', 'setMonth', 'setSeconds', 'setYear', 'toString', 'toDateString', 'toTimeString', 'toLocaleString',
    'toLocaleDateString', 'toLocaleTimeString'];
  for (const name of local)
    replace(RealDate.prototype, name, () => fail('Date.prototype.' + name + '() (local time; use the UTC methods)'));
  define(globalThis, 'Date', FixedDate);

  // What depends on the machine's language.
  for (const name of ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase'])
    replace(String.prototype, name, () => fail('String.prototype.' + name + '()'));
  for (const [name, prototype] of [['Number', Number.prototype], ['BigInt', BigInt.prototype],
    ['Array', Array.prototype], ['Object', Object.prototype], ['TypedArray', Object.getPrototypeOf(Uint8Array.prototype)]])
    replace(prototype, 'toLocaleString', () => fail(name + '.prototype.toLocaleString()'));

  // A stack names files of this machine.
  Error.stackTraceLimit = 0;
  delete Error.captureStackTrace;
  // The last match is state that one call would leave to the next.
  for (const name of Object.getOwnPropertyNames(RegExp))
    if (/^(\$[1-9&+'_\x60]|input|lastMatch|lastParen|leftContext|rightContext)$/.test(name)) delete RegExp[name];
})();
`;

/**
 * Freezes everything that can be reached from the globals, so that no call of F leaves anything there for the
 * next. Assigning to an inherited property of a frozen prototype would throw, which breaks errors that set their
 * own message or name; those are made assignable on the instance, as in Hardened JavaScript ("override mistake").
 */
export const freezeSharedState = `
'use strict';
(() => {
  const overridable = [Object.prototype, Function.prototype, Error.prototype, EvalError.prototype,
    RangeError.prototype, ReferenceError.prototype, SyntaxError.prototype, TypeError.prototype, URIError.prototype,
    AggregateError.prototype];
  for (const prototype of overridable) {
    for (const name of ['constructor', 'name', 'message', 'toString', 'valueOf']) {
      const found = Object.getOwnPropertyDescriptor(prototype, name);
      if (found === undefined || !('value' in found) || !found.configurable) continue;
      const { value } = found;
      Object.defineProperty(prototype, name, {
        enumerable: false,
        configurable: false,
        get() { return value; },
        set(own) {
          if (this === prototype) throw new TypeError('the environment of a contract is frozen');
          Object.defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true });
        },
      });
    }
  }
  // States are written by the names that they have themselves.
  for (const name in {}) throw new TypeError('it gives every object a member, ' + name);
  const seen = new Set();
  const waiting = [globalThis, function* () {}, async function () {}, async function* () {},
    [][Symbol.iterator](), ''[Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](),
    'a'.matchAll(/a/g)];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) continue;
    seen.add(value);
    Object.freeze(value);
    waiting.push(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const { value: inner, get, set } = Object.getOwnPropertyDescriptor(value, key);
      waiting.push(inner, get, set);
    }
  }
})();
`;
