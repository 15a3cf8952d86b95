/** One step of the schema, forward only. Once released, a migration's text never changes: folders exist that it built. */
export type Migration = { readonly version: number; readonly name: string; readonly sql: string }
