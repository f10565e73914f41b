export type Asked = {
  readonly asked: readonly { readonly derivedState: string; readonly promotionId: string }[];
  readonly refused: readonly { readonly derivedState: string; readonly message: string }[];
};

/** Asks for one promotion of each state. That one is refused keeps none of the others from being asked for. */
export async function askEach(
  derivedStates: Iterable<string>,
  ask: (derivedState: string) => Promise<{ readonly promotionId: string }>,
): Promise<Asked> {
  const asked: Asked['asked'][number][] = [];
  const refused: Asked['refused'][number][] = [];
  for (const derivedState of derivedStates) {
    try {
      asked.push({ derivedState, promotionId: (await ask(derivedState)).promotionId });
    } catch (error) {
      refused.push({ derivedState, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { asked, refused };
}
