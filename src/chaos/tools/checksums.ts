import { readFileSync } from 'node:fs'
import { KfError, messageOf } from '../../core/errors.ts'

/** A SHA-256 as people write it, in lower case. Throws `usage` for anything else. */
export function readSha256(text: string): string {
  const lower = text.trim().toLowerCase()
  if (/^[0-9a-f]{64}$/.test(lower)) return lower
  throw new KfError('usage', `--sha256 ${text}: 64 hexadecimal digits are needed`, {
    hint: 'copy it from the checksum file of the release',
  })
}

/**
 * The SHA-256 of `file` in a checksum file as `sha256sum` writes it and publishers put beside their releases; undefined when
 * it is not in there. Throws `tool_lock` when the file cannot be read or a line of it is something else.
 */
export function sha256In(lockFile: string, file: string): string | undefined {
  let text: string
  try {
    text = readFileSync(lockFile, 'utf8')
  } catch (error) {
    throw new KfError('tool_lock', `${lockFile} cannot be read: ${messageOf(error)}`, {
      hint: 'correct --lock',
    })
  }
  let found: string | undefined
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, sha256, name] = /^([0-9a-fA-F]{64})\s+\*?(\S.*?)\s*$/.exec(line) ?? []
    if (sha256 === undefined || name === undefined) {
      throw new KfError('tool_lock', `${lockFile}:${i + 1}: is not "SHA-256, two spaces, file name"`, {
        hint: 'write it as sha256sum does',
        params: { file: lockFile, line: i + 1 },
      })
    }
    if (name.replace(/^.*\//, '') === file) found = sha256.toLowerCase()
  }
  return found
}
