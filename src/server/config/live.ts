/**
 * A view of values that may change as a whole: each property is read when it is asked for. NOTE: so do not spread it, nor keep
 * what it gave. `read` must always give the same keys.
 */
export function liveView<Table extends object>(read: () => Table): Table {
  const view: object = {}
  for (const [name, value] of Object.entries(read())) {
    const at = (): unknown => (read() as Readonly<Record<string, unknown>>)[name]
    if (isTable(value)) {
      Object.defineProperty(view, name, { enumerable: true, value: liveView(at as () => object) })
    } else Object.defineProperty(view, name, { enumerable: true, get: at })
  }
  return view as Table
}

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
