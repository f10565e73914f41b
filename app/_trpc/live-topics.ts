/**
 * Which cached answers a topic of the live feed makes old.
 * A topic is `<name>` or `<name>:<id>`; a tRPC query key is `[[router, procedure], { input }]`.
 */

/** For each topic name: the paths it touches, and whether its id has to stand in the query's input. */
type Reach = { readonly path: readonly string[]; readonly byId: boolean };

const reaches: Readonly<Record<string, readonly Reach[]>> = {
  // Sent beside `replay:<id>` with each step of any replay: what asks about one is reached by that, and a plan by none.
  replays: [
    { path: ['replays', 'list'], byId: false },
    { path: ['replays', 'open'], byId: false },
    // One that is cancelled waits no more.
    { path: ['approvals', 'waiting'], byId: false },
    { path: ['overview'], byId: false },
  ],
  replay: [{ path: ['replays'], byId: true }],
  contracts: [
    { path: ['contracts'], byId: false },
    { path: ['overview'], byId: false },
  ],
  contract: [{ path: ['contracts'], byId: true }],
  // A record never changes, so a list that is read stays as it is: what has come since is counted, and read when asked.
  evidence: [
    { path: ['evidence', 'fresh'], byId: false },
    { path: ['evidence', 'facets'], byId: false },
    { path: ['evidence', 'history'], byId: false },
    { path: ['overview'], byId: false },
  ],
  states: [
    { path: ['states'], byId: true },
    { path: ['contracts'], byId: true },
    { path: ['overview'], byId: false },
  ],
  deliveries: [{ path: ['deliveries'], byId: false }],
  // Every few seconds while there is traffic, and nothing else changes by it.
  sagas: [{ path: ['sagas'], byId: false }],
  'dead-letters': [{ path: ['deadLetters'], byId: false }],
  notices: [{ path: ['notices'], byId: false }],
  budgets: [{ path: ['budgets'], byId: false }],
  incidents: [
    { path: ['incidents'], byId: false },
    { path: ['overview'], byId: false },
  ],
  incident: [
    { path: ['incidents', 'get'], byId: true },
    { path: ['runs', 'ofIncident'], byId: true },
    { path: ['reviews', 'ofIncident'], byId: true },
  ],
  run: [{ path: ['runs'], byId: true }],
  runs: [
    { path: ['runs', 'list'], byId: false },
    { path: ['runs', 'propose'], byId: false },
  ],
  runbooks: [{ path: ['runbooks'], byId: false }],
  reviews: [
    { path: ['reviews', 'overview'], byId: false },
    { path: ['reviews', 'list'], byId: false },
    { path: ['overview'], byId: false },
  ],
  review: [{ path: ['reviews'], byId: true }],
  approvals: [
    { path: ['approvals'], byId: false },
    { path: ['promotions', 'waiting'], byId: false },
    { path: ['runs', 'waiting'], byId: false },
    { path: ['breakGlass'], byId: false },
    { path: ['overview'], byId: false },
  ],
  promotions: [
    { path: ['promotions', 'list'], byId: false },
    { path: ['promotions', 'open'], byId: false },
    { path: ['promotions', 'ofReplay'], byId: false },
    { path: ['overview'], byId: false },
  ],
  promotion: [{ path: ['promotions'], byId: true }],
  people: [
    { path: ['account'], byId: false },
    { path: ['people'], byId: false },
  ],
  // A key's trace is looked at without naming the replay when it is the newest one, so the id can't decide.
  trace: [{ path: ['states', 'key'], byId: false }],
};

/** Whether the answer kept under `queryKey` is made old by `topic`. */
export function topicTouches(topic: string, queryKey: readonly unknown[]): boolean {
  // The server itself had lost its own feed: nobody knows what passed meanwhile.
  if (topic === 'feed-regained') return pathOf(queryKey).length > 0;
  const colon = topic.indexOf(':');
  const name = colon === -1 ? topic : topic.slice(0, colon);
  const id = colon === -1 ? null : topic.slice(colon + 1);
  const path = pathOf(queryKey);
  return (reaches[name] ?? []).some(
    (reach) =>
      reach.path.every((part, at) => path[at] === part) &&
      (!reach.byId || id === null || names(inputOf(queryKey), id)),
  );
}

function pathOf(queryKey: readonly unknown[]): readonly unknown[] {
  const [path] = queryKey;
  return Array.isArray(path) ? path : [];
}

function inputOf(queryKey: readonly unknown[]): unknown {
  const options = queryKey[1];
  return typeof options === 'object' && options !== null && 'input' in options ? options.input : undefined;
}

/** Whether one of the input's own fields is this id. */
function names(input: unknown, id: string): boolean {
  if (input === id) return true;
  return typeof input === 'object' && input !== null && Object.values(input).includes(id);
}
