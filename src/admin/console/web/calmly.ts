/** At once, and then no more often than every so many milliseconds. */
export function calmly(act: () => void, ms: number): () => void {
  let timer: number | undefined;
  let isDue = false;
  const run = (): void => {
    isDue = false;
    act();
    timer = setTimeout(() => {
      timer = undefined;
      if (isDue) run();
    }, ms);
  };
  return () => {
    if (timer === undefined) run();
    else isDue = true;
  };
}
