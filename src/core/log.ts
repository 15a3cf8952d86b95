export type LogLevel = 'info' | 'warn' | 'error'
export type LogFormat = 'text' | 'json'
export type LogFields = Readonly<Record<string, unknown>>

/** Never given tokens, passwords or bodies of messages. */
export type Log = {
  readonly [Level in LogLevel]: (fields: LogFields, message: string) => void
}

export type LogOptions = {
  /** The role that speaks: `supervisor`, `writer`, `worker 0`. */
  readonly name: string
  /** `text` for a person at a terminal, `json` for a journal: one object a line. */
  readonly format: LogFormat
  /** Wall time, ms. */
  readonly now: () => number
  readonly write: (line: string) => void
}

export function createLog(options: LogOptions): Log {
  const at =
    (level: LogLevel) =>
    (fields: LogFields, message: string): void => {
      options.write(
        `${options.format === 'json' ? json(level, fields, message, options) : text(fields, message, options)}\n`,
      )
    }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

function json(level: LogLevel, fields: LogFields, message: string, { name, now }: LogOptions): string {
  return JSON.stringify({ ...fields, level, time: new Date(now()).toISOString(), name, msg: message })
}

function text(fields: LogFields, message: string, { name }: LogOptions): string {
  const details = Object.entries(fields).map(([key, value]) => ` ${key}=${String(value)}`)
  return `kf: ${name}: ${message}${details.join('')}`
}
