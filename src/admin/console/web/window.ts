/** Which rows of a long list are drawn. Pure. */

export interface Shape {
  /** Of the part that is seen, in pixels. */
  readonly height: number;
  readonly rowHeight: number;
  /** Rows that there are. */
  readonly total: number;
  /** Rows beyond each end that are drawn too. */
  readonly beyond: number;
}

/** From the first one on, up to and without `end`. */
export interface Drawn {
  readonly first: number;
  readonly end: number;
}

/** `top`: pixels that are scrolled away. */
export function drawnRows(top: number, { height, rowHeight, total, beyond }: Shape): Drawn {
  const first = Math.floor(Math.max(0, top) / rowHeight) - beyond;
  const end = Math.ceil((Math.max(0, top) + height) / rowHeight) + beyond;
  return { first: Math.min(Math.max(0, first), total), end: Math.min(Math.max(0, end), total) };
}

/** How far to scroll so that a row is seen whole: as little as possible. */
export function scrolledTo(
  row: number,
  top: number,
  { height, rowHeight }: Pick<Shape, "height" | "rowHeight">,
): number {
  const above = row * rowHeight;
  if (above < top) return above;
  return Math.max(top, above + rowHeight - height);
}

/** The row after a key; undefined where the key is none that moves. */
export function moved(key: string, row: number, total: number, rowsSeen: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: rowsSeen,
    PageUp: -rowsSeen,
    Home: -Infinity,
    End: Infinity,
  };
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined;
  return step === undefined || total === 0 ? undefined : Math.min(Math.max(row + step, 0), total - 1);
}
